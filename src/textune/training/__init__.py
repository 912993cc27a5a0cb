"""Training and prediction around transformers' Trainer."""
