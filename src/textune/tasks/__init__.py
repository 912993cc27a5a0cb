"""Kinds of labels: what depends on them."""
