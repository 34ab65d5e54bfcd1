"""The audit: what every client heard, held against the rows and against what the gateway promises."""
