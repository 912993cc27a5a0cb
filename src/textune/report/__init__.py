"""Tables, pictures and plot data for people."""
