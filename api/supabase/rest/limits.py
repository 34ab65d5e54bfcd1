"""How much one request may ask for: whatever an app sends, the pipeline goes on undisturbed."""

MOST_QUERY_BYTES = 16_384
"""Of a URL's query: 400 ids in a list."""
MOST_FILTERS = 60
MOST_NESTED = 4
"""`and` and `or` in each other."""
MOST_LISTED = 400
"""Values of one `in`."""
MOST_SELECTED = 120
"""Columns and embedded tables of one select, all levels together."""
MOST_STEPS = 5
"""Into a JSON column."""
MOST_ORDERED = 8
MOST_EMBEDDED = 2
"""Tables in each other."""
MOST_ROWS = 1_000
"""Of a page, asked for or not; the old project had the same. Source: https://supabase.com/docs/guides/api"""
MOST_LINES = 4_000
"""Rows of a page times what each of them may embed."""
MOST_SKIPPED = 1_000_000
"""`offset`."""
MOST_WRITTEN = 100
"""Rows that one PATCH or DELETE may match."""
MOST_SHOWN = 120
"""Characters of a request's own words in what refuses it."""
