"""What the torture's audit can find."""

from enum import StrEnum

from proof import findings


class Class(StrEnum):
    """The classes of findings."""

    LOST = "lost"
    DUPLICATED = "duplicated"
    PAID_TWICE = "paid twice"
    STUCK = "stuck"
    ILLEGAL = "illegal"
    UNREADABLE = "unreadable"
    ORPHAN = "orphan"
    STILL_RUNNING = "still running"
    UNSEEN = "unseen"
    UNTOLD = "untold"
    OVERSPENT = "overspent"
    ANSWER = "answer"
    KILLS = "kills"


MEANING: dict[Class, str] = {
    Class.LOST: "accepted and gone, or paid for and not delivered",
    Class.DUPLICATED: "one submission, two generations; one prediction in two of them; more pictures than asked for",
    Class.PAID_TWICE: "bought again while the last purchase could still bring a picture",
    Class.STUCK: "not final, or with a clock that still runs, when everything should have ended",
    Class.ILLEGAL: "a timeline that the table of transitions does not allow",
    Class.UNREADABLE: "a completed generation whose picture is missing, cut, or not what its row says",
    Class.ORPHAN: "an object in the store that no generation refers to",
    Class.STILL_RUNNING: "a prediction that still runs at the provider when nobody waits for it",
    Class.UNSEEN: "a websocket that missed a transition, or saw one twice",
    Class.UNTOLD: "an end that no webhook told, or that was told under two ids or a wrong signature",
    Class.OVERSPENT: "more was spent than a budget has",
    Class.ANSWER: "a door that answered what it may not",
    Class.KILLS: "too few kills that count",
}

Finding = findings.Finding[Class]
"""One broken promise of Darkroom's."""
