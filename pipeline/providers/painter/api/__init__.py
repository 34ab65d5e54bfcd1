"""The painter's HTTP doors: Replicate's under /v1, its file host under /outputs, the test dials under /_painter."""
