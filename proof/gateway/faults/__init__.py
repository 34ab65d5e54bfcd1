"""The faults: listeners cut off, gateways restarted, rows changed by hand, late or unnoticed."""
