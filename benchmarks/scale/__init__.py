"""What a sweep of many trials takes: the head node measured, the workers simulated."""
