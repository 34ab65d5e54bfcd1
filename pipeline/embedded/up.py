"""`make up`: the whole stack in the foreground, until Ctrl-C."""

import asyncio
import signal
import time

from pipeline.embedded.stack import Stack
from pipeline.embedded.voice import Voice
from pipeline.errors import DarkroomError
from pipeline.settings import Settings


def up(settings: Settings) -> int:
    """Run Darkroom until Ctrl-C, SIGTERM or SIGHUP (exit code 0), or until it cannot go on (1)."""
    return asyncio.run(_up(settings))


async def _up(settings: Settings) -> int:
    voice = Voice()
    stack = Stack(settings, voice=voice)
    work = asyncio.create_task(_run(stack, settings, voice))
    leaving = asyncio.Event()

    def leave() -> None:
        if not leaving.is_set():  # a second Ctrl-C must not break off the stopping
            leaving.set()
            voice.say("stopping")
            work.cancel()

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup has made SIGHUP ignored, and means it.
        if signal.getsignal(signum) != signal.SIG_IGN or signum != signal.SIGHUP:
            asyncio.get_running_loop().add_signal_handler(signum, leave)
    try:
        await work
    except asyncio.CancelledError:
        return 0
    except DarkroomError as reason:
        voice.problem(str(reason))
        return 1
    finally:
        begun = time.monotonic()
        await stack.stop()
        if leaving.is_set():
            voice.say(f"stopped ({time.monotonic() - begun:.1f} s)")
    return 0


async def _run(stack: Stack, settings: Settings, voice: Voice) -> None:
    begun = time.monotonic()
    await stack.start()
    voice.block(_welcome(stack, settings, time.monotonic() - begun))
    await stack.failure()


def _welcome(stack: Stack, settings: Settings, seconds: float) -> str:
    key = settings.home / "api-key"
    lines = [f"Darkroom is ready in {seconds:.1f} s", "", f"  web    {stack.url}"]
    if key.exists():
        lines.append(f"  key    {key}")
    lines.append('  try    ./darkroom submit "a lighthouse at dusk, storm light" --watch --out lighthouse.png')
    lines.append("  stop   Ctrl-C")
    return "\n".join(lines)
