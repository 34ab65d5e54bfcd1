"""The web process's composition root: its doors and what it holds open."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from api import openapi
from api.asyncapi.document import show_asyncapi
from api.auth.admissions import Admissions
from api.auth.authenticator import Authenticator
from api.auth.origins import cors
from api.background import Background
from api.batches import doors as batches
from api.body_budget import BodyBudget
from api.callbacks.doors import receive_callback
from api.gateway.events import stream_events
from api.gateway.listener import Listener
from api.gateway.looks import Looks
from api.gateway.progress import Progress
from api.gateway.socket import websocket_door
from api.gateway.sockets import Sockets
from api.gateway.tickers import Tickers
from api.gateway.topics import Topics
from api.gateway.waits import MOST_JOB_WAITS, MOST_WAITS, Waits
from api.generations import doors, verbs
from api.health import show_health, show_readiness
from api.images import show_image
from api.intake import AddressCap
from api.javascript import show_javascript
from api.models import show_models
from api.problems import ANSWERED, answer_nobody, answer_problem
from api.readiness import PartChecks
from api.state import State
from api.supabase import paths
from api.supabase.cors import old_doors_cors
from api.supabase.functions.batch_generate import batch_generate
from api.supabase.functions.generate_image import generate_image
from api.supabase.functions.process_generation import process_generation
from api.supabase.functions.process_jobs import process_jobs
from api.supabase.functions.start_generation import start_generation
from api.supabase.proxy import METHODS, hand_on, open_way
from api.supabase.realtime.socket import realtime_door
from api.supabase.rest import doors as rest
from api.supabase.rest.procedures import doors as procedures
from api.webhooks import doors as webhooks
from pipeline.allowance import Limits
from pipeline.byte_budget import ByteBudget
from pipeline.connections import open_connections
from pipeline.database import open_reading_engine
from pipeline.memory import settle_memory
from pipeline.provider_accounts import ProviderAccounts
from pipeline.settings import Settings
from pipeline.submit import Submissions

ROUTES: list[BaseRoute] = [
    # First what every generation passes through: they are tried one after the other.
    Route("/v1/generations", doors.submit_generation, methods=["POST"]),
    Route("/v1/callbacks/{provider}/{generation_id}/{attempt}/{token}", receive_callback, methods=["POST"]),
    # As the release before this one has handed them out.
    Route("/v1/callbacks/{provider}/{generation_id}/{attempt}", receive_callback, methods=["POST"]),
    WebSocketRoute("/v1/ws", websocket_door),
    Route("/v1/generations", doors.list_own, methods=["GET"]),
    Route("/v1/generations/{id}", doors.show_generation, methods=["GET"]),
    Route("/v1/generations/{id}", verbs.delete_generation, methods=["DELETE"]),
    Route("/v1/generations/{id}/cancel", verbs.cancel_generation, methods=["POST"]),
    Route("/v1/generations/{id}/retry", verbs.retry_generation, methods=["POST"]),
    Route("/v1/generations/{id}/events", stream_events, methods=["GET"]),
    Route("/v1/models", show_models, methods=["GET"]),
    Route("/v1/batches", batches.submit, methods=["POST"]),
    Route("/v1/batches/{id}", batches.show, methods=["GET"]),
    Route("/v1/batches/{id}/cancel", batches.cancel, methods=["POST"]),
    Route("/v1/batches/{id}/retry-failed", batches.retry, methods=["POST"]),
    Route("/v1/webhooks/deliveries", webhooks.list_own, methods=["GET"]),
    Route("/v1/webhooks/deliveries/{id}", webhooks.show, methods=["GET"]),
    Route("/v1/webhooks/deliveries/{id}/replay", webhooks.send_again, methods=["POST"]),
    Route("/v1/webhooks/secret", webhooks.show_secret, methods=["GET"]),
    Route("/v1/webhooks/secret/rotate", webhooks.rotate, methods=["POST"]),
    Route("/v1/queue", doors.show_queue, methods=["GET"]),
    Route("/functions/v1/start-generation", start_generation, methods=["POST"]),
    Route("/functions/v1/process-jobs", process_jobs, methods=["POST"]),
    Route("/functions/v1/generate-image", generate_image, methods=["POST"]),
    Route("/functions/v1/process-generation", process_generation, methods=["POST"]),
    Route("/functions/v1/batch-generate", batch_generate, methods=["POST"]),
    WebSocketRoute(paths.REALTIME, realtime_door),
    Route(paths.REST, rest.show_root, methods=["GET"]),
    Route(f"{paths.REST}rpc/{{function}}", procedures.call, methods=rest.METHODS),
    Route(f"{paths.REST}{{table:path}}", rest.serve_table, methods=rest.METHODS),
    Route(f"{paths.AUTH}{{path:path}}", hand_on, methods=METHODS),
    Route(f"{paths.STORAGE}{{path:path}}", hand_on, methods=METHODS),
    Route("/images/{path:path}", show_image, methods=["GET"]),
    Route("/healthz", show_health, methods=["GET"]),
    Route("/readyz", show_readiness, methods=["GET"]),
    Route("/openapi.json", openapi.show_openapi, methods=["GET"]),
    Route("/asyncapi.json", show_asyncapi, methods=["GET"]),
    Route("/docs", openapi.show_docs, methods=["GET"]),
    Route("/darkroom.js", show_javascript, methods=["GET"]),
    Mount("/docs/assets", StaticFiles(directory=openapi.ASSETS)),
]

# `Exception` stands for Starlette's outermost handler, which answers and then raises again for the server's log; the
# others are answered inside.
HANDLED: list[type[Exception]] = [
    HTTPException,
    *ANSWERED,
    Exception,
]


@asynccontextmanager
async def open_state(settings: Settings) -> AsyncIterator[State]:
    """Open everything a web process needs; closes it in reverse order."""
    async with open_connections(settings) as connections, AsyncExitStack() as stack:
        topics = Topics()
        tickers = Tickers(connections.engine, topics)
        progress = Progress(connections.engine, topics)
        looks = Looks(connections.engine, topics, tickers, progress)
        reading = open_reading_engine(settings)
        stack.push_async_callback(reading.dispose)
        listener = Listener(settings, looks)
        await listener.probe()
        authenticator = Authenticator(connections.engine, settings)
        stack.push_async_callback(authenticator.close)
        admissions = Admissions(connections.engine, authenticator)
        background = Background()
        stack.push_async_callback(background.close)
        for name, work in {
            "listener": listener.keep_listening,
            "looks": looks.keep_looking,
            "safety look": looks.keep_safe,
            "queue ticker": tickers.keep_telling_queue,
            "batch ticker": tickers.keep_telling_batches,
            "progress": progress.keep_telling,
            "admissions": admissions.keep_checking,
        }.items():
            background.keep(name, work)
        yield State(
            **vars(connections),
            submissions=Submissions(connections.engine),
            limits=Limits(connections.engine),
            accounts=ProviderAccounts(connections.engine),
            authenticator=authenticator,
            admissions=admissions,
            sockets=Sockets(
                settings.max_sockets,
                settings.max_anonymous_sockets,
                AddressCap(settings.max_per_address, settings.proxies),
            ),
            waits=Waits(MOST_WAITS),
            job_waits=Waits(MOST_JOB_WAITS),
            bodies=ByteBudget(settings.body_bytes),
            topics=topics,
            looks=looks,
            tickers=tickers,
            progress=progress,
            listener=listener,
            background=background,
            parts=PartChecks(connections.engine, connections.store),
            old_project=await stack.enter_async_context(open_way()),
            reading=reading,
        )


def create_app(settings: Settings) -> Starlette:
    """The doors, with everything behind them opened when the server starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_state(settings) as state:
            app.state.darkroom = state
            settle_memory()
            yield

    return Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        middleware=[
            *cors(settings),
            *old_doors_cors(settings),
            Middleware(BodyBudget),
        ],
        exception_handlers={**dict.fromkeys(HANDLED, answer_problem), ClientDisconnect: answer_nobody},
    )
