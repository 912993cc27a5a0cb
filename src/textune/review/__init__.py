"""Two states of the project side by side: what moved beyond noise, and what else changed."""
