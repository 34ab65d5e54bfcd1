"""`python -m proof.fuzz`: hostile input at every endpoint, over HTTP and websockets; no answer may be a 5xx.

Needs the development dependencies (Hypothesis, Schemathesis).
"""
