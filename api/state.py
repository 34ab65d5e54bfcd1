"""What the web process holds open, and how a handler reaches it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from api.auth.authenticator import Authenticator
from api.callbacks.signature import Signatures
from api.gateway.listener import Listener
from api.gateway.topics import Topics
from pipeline.callback import Callbacks
from pipeline.doorbell import Doorbell
from pipeline.notices import Notices
from pipeline.settings import Settings
from pipeline.stores.store import Store
from pipeline.submit import Submissions


@dataclass(frozen=True)
class State:
    """One web process's connections and the verbs bound to them."""

    settings: Settings
    engine: AsyncEngine
    doorbell: Doorbell
    notices: Notices
    submissions: Submissions
    callbacks: Callbacks
    store: Store
    authenticator: Authenticator
    signatures: Signatures
    topics: Topics
    listener: Listener


def state_of(connection: HTTPConnection[Any]) -> State:
    """The state that the lifespan made."""
    state = connection.app.state.darkroom
    assert isinstance(state, State)
    return state
