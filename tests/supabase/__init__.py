"""The real clients of the apps in the field, as npm brings them."""
