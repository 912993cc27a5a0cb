"""Trained runs on disk: written, read, archived."""
