"""What can be said of the methods, and how sure it is."""
