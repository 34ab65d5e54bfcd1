"""Whether web answers: what /readyz says."""

import asyncio

from pipeline.embedded.errors import CannotStart

_LOOK_SECONDS = 0.05
_ANSWER_SECONDS = 5.0


async def web_ready(host: str, port: int, within: float) -> None:
    """Wait until GET /readyz answers 200. Raises CannotStart, with the last answer, after `within` seconds."""
    answer = "nothing"
    try:
        async with asyncio.timeout(within):
            while True:
                answer = await _readyz(host, port)
                if answer.startswith("200"):
                    return
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise CannotStart(
            f"web is not ready after {within:g} s; to GET /readyz it answers: {answer}. Its own lines above say more."
        ) from None


async def _readyz(host: str, port: int) -> str:
    """Status and body of the answer, or why there is none. By hand: an HTTP client would heed proxy settings."""
    request = f"GET /readyz HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(request.encode())
                head, _, body = (await reader.read()).decode(errors="replace").partition("\r\n\r\n")
            finally:
                writer.close()
    except (OSError, TimeoutError) as reason:
        return f"nothing ({reason or 'too late'})"
    return f"{head.partition(' ')[2].partition(chr(13))[0]} {body}"
