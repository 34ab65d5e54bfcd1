"""The worker's composition root: `dramatiq actors.worker:setup_broker`."""

import logging
import sys

import dramatiq

from actors.broker import open_broker
from actors.event_loop import EventLoop
from actors.performers import Performers
from pipeline.doorbell import Bell
from pipeline.settings import Settings

SWITCH_SECONDS = 0.0005
"""A bell passes from the consumer's thread to a worker's to the loop's; each may wait this long for the interpreter."""

RECONNECT_SECONDS = 0.5
"""How long a consumer waits before it connects again."""


def setup_broker() -> None:
    """Declare one actor for each transition that a worker performs, each on the queue of its own name."""
    logging.getLogger("dramatiq").setLevel(logging.WARNING)
    sys.setswitchinterval(SWITCH_SECONDS)
    # Dramatiq sleeps 3 s after every lost connection, so work would resume up to 3 s after the broker.
    dramatiq.worker.CONSUMER_RESTART_DELAY_SECS = RECONNECT_SECONDS
    settings = Settings()
    performers = Performers()
    broker = open_broker(settings, EventLoop(settings, performers))
    for bell in Bell:
        declare = dramatiq.actor(broker=broker, actor_name=bell, queue_name=bell)
        declare(performers.answering(bell))
    dramatiq.set_broker(broker)
