"""Scores: their names, their definitions, and how they are computed."""
