"""The nouns: tables, statuses and what goes over the wire."""
