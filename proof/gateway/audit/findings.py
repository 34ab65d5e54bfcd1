"""What the gateway's audit can find."""

from enum import StrEnum

from proof import findings


class Class(StrEnum):
    """The classes of findings."""

    MISSED = "missed"
    GAP = "gap unannounced"
    EARLY = "cursor too early"
    REPEATED = "repeated"
    ORDER = "out of order"
    FOREIGN = "foreign"
    UNTRUE = "untrue"
    UNASKED = "unasked"
    ANEW = "begun anew"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    UNSYNCED = "not resynced"
    COUNTS = "wrong counts"
    DOOR = "door"
    LITTLE = "too little"


MEANING: dict[Class, str] = {
    Class.MISSED: "a transition that a subscription should have brought, and did not",
    Class.GAP: "the same, on a subscription that said it had resumed",
    Class.EARLY: "a cursor that covered what had not been sent yet: cut there, and the rest would be lost",
    Class.REPEATED: "a transition that came twice on one subscription, or was behind its cursor",
    Class.ORDER: "a transition that came after a later one of the same generation",
    Class.FOREIGN: "something of a generation that the client may not see, or that the topic is not about",
    Class.UNTRUE: "a frame that says something else than the row",
    Class.UNASKED: "a frame on a topic that the connection did not follow",
    Class.ANEW: "a subscription that began anew, though it could have resumed; or the other way round",
    Class.REFUSED: "a topic that was refused to somebody who may follow it",
    Class.UNANSWERED: "a topic that was followed to the end, and never confirmed",
    Class.UNSYNCED: "what was missed while a listener was away came after what happened long after it was back",
    Class.COUNTS: "the last counts of a batch or of the queue are not those of the rows",
    Class.DOOR: "a door that answered what it may not",
    Class.LITTLE: "less was done than was asked for, or less heard than happened",
}

Finding = findings.Finding[Class]
"""One broken promise of the gateway's."""
