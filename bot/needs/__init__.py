"""What people need: a short interview, what may be kept of it, and how it is changed by text."""
