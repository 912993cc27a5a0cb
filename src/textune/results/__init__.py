"""Results: predictions in, metrics, intervals, tables and plot data out. Loads no model."""
