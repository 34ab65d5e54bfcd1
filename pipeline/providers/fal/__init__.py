"""fal's queue, and everything that speaks its HTTP API."""
