"""The doors: who may ask, and who may watch."""
