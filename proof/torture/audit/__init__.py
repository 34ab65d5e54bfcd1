"""The audit: everything the outside can know, held against what Darkroom promises."""
