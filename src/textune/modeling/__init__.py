"""Pretrained encoders, and the methods that fine-tune them."""
