"""The verbs: what may happen to a generation, and the guarded statements that make it happen."""
