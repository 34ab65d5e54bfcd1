"""Stands in for the release: says its arguments and ends."""

import sys

sys.stdout.write(" ".join(sys.argv[1:]) + "\n")
