"""The websocket's limits, as the code that keeps them has them."""

from typing import NamedTuple

from api.gateway.following import MOST_MISSED, SNAPSHOT
from api.gateway.outbox import MAX_BYTES
from api.gateway.reading import BURST, FRAMES_PER_SECOND
from api.gateway.socket import AUTH_SECONDS, MAX_BAD_FRAMES, MAX_TOPICS
from api.gateway.tickers import BATCH_SECONDS, QUEUE_SECONDS
from pipeline.feed import MOST_BEHIND
from schema.wire.frames import MAX_FRAME_BYTES, MAX_TOKEN_LENGTH


class Limit(NamedTuple):
    """A figure of the gateway's, and what it bounds."""

    name: str
    value: float
    unit: str
    meaning: str


LIMITS = (
    Limit("frame", MAX_FRAME_BYTES, "characters", "The longest frame that is read; a longer one is an error."),
    Limit("token", MAX_TOKEN_LENGTH, "characters", "The longest key or token."),
    Limit("auth", AUTH_SECONDS, "seconds", "How soon the auth frame must come when no key came before; else 4401."),
    Limit("topics", MAX_TOPICS, "topics", "Subscriptions on one socket; one more is refused by an error frame."),
    Limit("bad_frames", MAX_BAD_FRAMES, "frames", "Frames that cannot be read, until the socket is closed with 4400."),
    Limit("frames_per_second", FRAMES_PER_SECOND, "frames", "Sent by a client on average; more, and it gets 4429."),
    Limit("burst", BURST, "frames", "Sent by a client at once."),
    Limit("waiting", MAX_BYTES, "bytes", "What may wait for a client that reads slowly; more, and it gets 4408."),
    Limit("snapshot", SNAPSHOT, "generations", "What a feed that begins anew shows at most before it goes on live."),
    Limit("missed", MOST_MISSED, "generations", "What a resumed feed reads up at most; more, and it begins anew."),
    Limit("behind", MOST_BEHIND, "transactions", "How old a feed's cursor may be; an older one begins anew."),
    Limit("queue_interval", QUEUE_SECONDS, "seconds", "Between two queue frames."),
    Limit("batch_interval", BATCH_SECONDS, "seconds", "Between two batch frames of one batch, at least."),
)
