"""Times and lengths of time, as people read them."""

from datetime import UTC, datetime


def seconds_between(start: str, end: str) -> float:
    """Seconds from one ISO 8601 moment to another."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def seconds_since(start: str) -> float:
    """Seconds from an ISO 8601 moment until now; none when this machine's clock is behind the server's."""
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(start)).total_seconds())


def length(seconds: float) -> str:
    """A length of time: `0.02 s`, `12.3 s`, `2 min 05 s`, `3 h 20 min`."""
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def age(start: str) -> str:
    """How long ago, in one unit: `now`, `40 s`, `5 min`, `3 h`, `12 d`."""
    return _in_one_unit(seconds_since(start))


def time_to(end: str) -> str:
    """How long it is until then, in the same units."""
    return _in_one_unit((datetime.fromisoformat(end) - datetime.now(UTC)).total_seconds())


def _in_one_unit(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


def clock(moment: str) -> str:
    """The local time of day: `14:03:27.118`."""
    return datetime.fromisoformat(moment).astimezone().strftime("%H:%M:%S.%f")[:-3]
