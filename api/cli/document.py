"""Printing one JSON document."""

import json
from typing import Any


def print_document(document: Any) -> None:
    """Print a document for programs, readable for people."""
    print(json.dumps(document, ensure_ascii=False, indent=2))
