"""Parameters: every knob, its range and its meaning."""
