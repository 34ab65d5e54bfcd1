"""Why a bench has no figures to show."""


class BenchFailed(Exception):
    """Something did not work while it was being measured; its figures would mean nothing."""
