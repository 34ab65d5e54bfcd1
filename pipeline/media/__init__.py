"""Media: fetching an output and telling whether it is a picture.

Nothing is imported here: the inspection processes import from this package and should start in milliseconds.
"""
