"""Claims: what the next one costs, however much is finished, waits, or is parked."""
