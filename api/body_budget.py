"""The budget of bodies: how many bytes of requests one web process holds at a time."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.byte_budget import Account

FREE_BYTES = 64 * 1024
"""Of each body, which are not counted: the number of connections bounds them. So small requests always get through."""
_ACCOUNT = "darkroom_body"


class BodyBudget:
    """Gives each request an account, and closes it when the request is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with scope["app"].state.darkroom.bodies.account() as account:
            scope[_ACCOUNT] = account
            await self._app(scope, receive, send)


def account_of(request: Request) -> Account:
    """The request's account."""
    account = request.scope[_ACCOUNT]
    assert isinstance(account, Account)
    return account
