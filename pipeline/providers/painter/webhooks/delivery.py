"""Delivering one webhook: the tries, the retries and the faults."""

import asyncio
import time

import aiohttp
import orjson

from pipeline.providers.painter.ledger import Ledger
from pipeline.providers.painter.prediction import Prediction
from pipeline.providers.painter.webhooks.signature import Signs

RETRY_AFTER = (1, 2, 4, 8, 16, 29)
"""Seconds between the tries of a terminal webhook: exponential, the last about a minute after completion,
https://replicate.com/docs/topics/webhooks/receive-webhook. Other webhooks are tried once."""

ANSWER_TIMEOUT = aiohttp.ClientTimeout(total=10)
"""Receivers are asked to answer within a few seconds."""

CONNECTIONS = 200
FORGED = "This webhook is forged: whoever believes it skips the signature."


def delivery_session() -> aiohttp.ClientSession:
    """The one session for all webhooks: connections are kept alive, cookies are not."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS, limit_per_host=0, keepalive_timeout=60),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=ANSWER_TIMEOUT,
        skip_auto_headers=("Accept", "Accept-Encoding"),
        headers={"User-Agent": "painter"},
    )


class Deliveries:
    """Sends webhooks and writes every try into the ledger."""

    def __init__(self, session: aiohttp.ClientSession, signature: Signs, ledger: Ledger) -> None:
        self._session = session
        self._signature = signature
        self._ledger = ledger

    async def deliver(self, prediction: Prediction, event: str, body: bytes) -> None:
        """Send `body` as that event until it is taken, refused for good, or tried often enough."""
        message = self._signature.message(prediction.id)
        faults = {rule.fault: rule for rule in prediction.faults if rule.own.get("event") == event}
        if "late_webhook" in faults:
            await asyncio.sleep(faults["late_webhook"].own["seconds"])
        if "forged_webhook" in faults:
            forged = orjson.dumps(orjson.loads(body) | {"status": self._signature.failed, "error": FORGED})
            await self._post(prediction, self._signature.message(prediction.id), forged, genuine=False)
        if "lost_webhook" in faults:
            self._note(prediction, event, message, None, settled=True)
            return
        for delay in (*RETRY_AFTER, None) if event == "completed" else (None,):
            status = await self._post(prediction, message, body)
            # A redirect is not followed and not retried: Replicate holds the webhook for delivered.
            settled = delay is None or (status is not None and status < 400)
            self._note(prediction, event, message, status, settled=settled)
            if delay is None or settled:
                break
            await asyncio.sleep(delay)
        if "double_webhook" in faults:
            again = await self._post(prediction, message, body)
            self._note(prediction, event, message, again, settled=True)

    async def _post(self, prediction: Prediction, message: str, body: bytes, *, genuine: bool = True) -> int | None:
        """One try: the answer's status, or None when no answer came."""
        if prediction.webhook is None:
            return None
        headers = self._signature.headers(message, body, genuine=genuine)
        try:
            async with self._session.post(
                prediction.webhook, data=body, headers=headers, allow_redirects=False
            ) as answer:
                await answer.read()  # a connection is only kept when its answer was read to the end
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    def _note(self, prediction: Prediction, event: str, message: str, status: int | None, *, settled: bool) -> None:
        self._ledger.append(
            {
                "fact": "webhook",
                "id": prediction.id,
                "at": time.time(),
                "event": event,
                "message": message,
                "status": status,
                "settled": settled,
            }
        )
