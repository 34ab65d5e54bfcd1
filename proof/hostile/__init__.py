"""Proves that a hostile model, odd callers and a curious neighbour cost the others nothing."""
