"""What progress says about the time ahead, as people say it."""

from api.client import Progress

UNITS = ((10, 1, "s", 1), (90, 1, "s", 0), (5_400, 60, "min", 0), (float("inf"), 3_600, "h", 1))
"""Below so many seconds, an estimate is told in units of so many seconds, by this name and with so many decimals."""
ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def outlook(progress: Progress) -> str:
    """The place in the queue and the time until it is completed: `3rd in line, about 12 s ± 4 s`. May be empty."""
    place = [] if progress.position is None else [f"{ordinal(progress.position)} in line"]
    return ", ".join([*place, *([time] if (time := estimate(progress)) else [])])


def estimate(progress: Progress) -> str:
    """The time until it is completed: `about 12 s ± 4 s`. Empty when nobody knows."""
    eta, error = progress.eta_seconds, progress.eta_error_seconds
    if eta is None:
        return ""
    _, size, name, decimals = next(unit for unit in UNITS if eta < unit[0])
    said = f"about {eta / size:.{decimals}f} {name}"
    return said if error is None else f"{said} ± {error / size:.{decimals}f} {name}"


def ordinal(number: int) -> str:
    """A number that counts places: `1st`, `12th`, `23rd`."""
    teen = 10 < number % 100 < 20
    return f"{number:,}{'th' if teen else ENDINGS.get(number % 10, 'th')}"
