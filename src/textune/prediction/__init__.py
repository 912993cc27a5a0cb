"""What is done with a trained model: it is loaded, and predicts for new texts."""
