"""What the web process holds open, and how a handler reaches it."""

from dataclasses import dataclass
from typing import Any

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from api.auth.admissions import Admissions
from api.auth.authenticator import Authenticator
from api.background import Background
from api.gateway.listener import Listener
from api.gateway.looks import Looks
from api.gateway.progress import Progress
from api.gateway.sockets import Sockets
from api.gateway.tickers import Tickers
from api.gateway.topics import Topics
from api.gateway.waits import Waits
from api.readiness import PartChecks
from pipeline.allowance import Limits
from pipeline.byte_budget import ByteBudget
from pipeline.connections import Connections
from pipeline.provider_accounts import ProviderAccounts
from pipeline.submit import Submissions


@dataclass(frozen=True)
class State(Connections):
    """One web process's connections and what its doors share."""

    submissions: Submissions
    limits: Limits
    accounts: ProviderAccounts
    authenticator: Authenticator
    admissions: Admissions
    sockets: Sockets
    waits: Waits
    """Requests that wait for a generation."""
    job_waits: Waits
    """Calls of process-jobs, each of which waits for many."""
    bodies: ByteBudget
    """What is held of the bodies of requests."""
    topics: Topics
    looks: Looks
    tickers: Tickers
    progress: Progress
    listener: Listener
    background: Background
    parts: PartChecks
    old_project: aiohttp.ClientSession
    """Towards SUPABASE_URL."""
    reading: AsyncEngine
    """For what the old apps ask in words of their own."""


def state_of(connection: HTTPConnection[Any]) -> State:
    """The state that the lifespan made."""
    state = connection.app.state.darkroom
    assert isinstance(state, State)
    return state
