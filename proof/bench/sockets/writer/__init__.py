"""The writer: a process that commits transitions, apart from the gateway that pushes them. See `__main__`."""
