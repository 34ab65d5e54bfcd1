"""`darkroom cancel`, `retry` and `rm`, against the whole Darkroom."""

import asyncio
import json
import sys
from typing import Any

from tests.api.test_verbs import FAR, completed
from tests.darkroom import Darkroom, User


async def run(user: User, *words: str) -> tuple[int, str, str]:
    """Run the command line with the user's key: exit code, what it printed, what it complained."""
    command = [sys.executable, "-m", "api.cli", "--url", user.darkroom.url, "--key", user.key, *words]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_cancel_retry_and_rm(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        generation: dict[str, Any] = await user.submit(scheduled_at=FAR)
        code, out, _ = await run(user, "cancel", generation["id"][-8:])
        assert (code, out) == (0, f"{generation['id']} cancelled\n")
        code, out, _ = await run(user, "--json", "retry", generation["id"])
        assert (code, json.loads(out)["status"]) == (0, "queued")
        await completed(user, generation)
        code, out, err = await run(user, "cancel", generation["id"])
        assert (code, out) == (2, "")
        assert "it is completed already" in err
        code, out, _ = await run(user, "rm", generation["id"])
        assert (code, out) == (0, f"{generation['id']} deleted\n")
        assert await user.rows() == 0
