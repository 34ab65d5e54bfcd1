"""What others wrote and our origin serves: pictures, and what the old project answers. It gets no rights in a browser.

Opened by itself, a page or drawing in such an answer would run as one of ours, with whatever ours has kept there.
"""

from typing import Final

SANDBOXED: Final = {
    "X-Content-Type-Options": "nosniff",
    # Drawings have styles of their own. As GitHub serves raw files.
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
}
