"""Faults that can be dialled in, as data: which rule bites whom, and where.

A rule is a JSON object: `{"fault": "slow", "probability": 0.1, "times": 3, "prompt_contains": "storm", "seconds": 2}`.
`probability` (1 by default) is drawn from PAINTER_SEED, `times` limits how often the rule bites, `prompt_contains`
picks requests by their prompt. Give rules as the JSON list PAINTER_FAULTS, or PUT such a list to `/_painter/faults`.
The table of all faults and their own fields is in `rules.py`.
"""
