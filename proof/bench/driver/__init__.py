"""The driver: a process that makes the load, apart from what is measured. See `__main__` for how it is spoken to."""
