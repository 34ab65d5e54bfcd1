"""The performers: one Dramatiq actor for each transition, and the clock."""
