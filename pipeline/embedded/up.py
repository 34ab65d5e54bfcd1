"""`make up`: the whole stack in the foreground, until Ctrl-C."""

import asyncio
import signal
import time
from contextlib import suppress
from pathlib import Path

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
    left_at: list[float] = []

    def leave() -> None:
        if not left_at:  # a second Ctrl-C must not break off the stopping
            left_at.append(time.monotonic())
            voice.say("stopping")
            work.cancel()

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup has made SIGHUP ignored, and means it.
        if signal.getsignal(signum) != signal.SIG_IGN or signum != signal.SIGHUP:
            asyncio.get_running_loop().add_signal_handler(signum, leave)
    try:
        with suppress(asyncio.CancelledError):
            await work
    except DarkroomError as reason:
        voice.problem(str(reason))
        return 1
    finally:
        await stack.stop()
        if left_at:
            voice.say(f"stopped ({time.monotonic() - left_at[0]:.1f} s)")
    return 0


async def _run(stack: Stack, settings: Settings, voice: Voice) -> None:
    begun = time.monotonic()
    await stack.start()
    voice.block(_welcome(stack, settings, time.monotonic() - begun))
    await stack.failure()


def _welcome(stack: Stack, settings: Settings, seconds: float) -> str:
    key = settings.home / "api-key"
    shown = key.relative_to(Path.cwd()) if key.is_relative_to(Path.cwd()) else key
    # What the command line cannot guess from its defaults.
    elsewhere = {"PORT": (settings.port, 8000), "DARKROOM_HOME": (settings.home, Path.cwd() / ".darkroom")}
    given = "".join(f"{name}={value} " for name, (value, default) in elsewhere.items() if value != default)
    lines = [f"Darkroom is ready in {seconds:.1f} s", "", f"  web    {stack.url}"]
    if key.exists():
        lines.append(f"  key    {shown}")
    lines.append(f'  try    {given}./darkroom submit "a lighthouse at dusk, storm light" --watch --out lighthouse.png')
    lines.append("  stop   Ctrl-C")
    return "\n".join(lines)
