"""React Native cannot run here. What it lacks can be taken away: the module does without."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from api.javascript import FILE
from tests.api.test_feed import FAR
from tests.darkroom import User
from tests.javascript.development import develop
from tests.javascript.program import Program, running
from tests.javascript.proxy import Proxy

BARE = Path(__file__).parent / "bare.mjs"
MODULES = ("--experimental-vm-modules", "--no-warnings")
Bare = Callable[..., AbstractAsyncContextManager[Program]]
LACKING = ("AbortController", "AbortSignal", "DOMException", "Event", "URL", "addEventListener", "crypto", "process")


@pytest.fixture
def bare(tmp_path: Path, proxy: Proxy, user: User) -> Bare:
    """bare(source, **given): runs a program that imports the module in a context without a platform."""

    def run(source: str, **given: Any) -> AbstractAsyncContextManager[Program]:
        file = tmp_path / "program.mjs"
        file.write_text(f'import {{ Darkroom, Problem }} from "./darkroom.js";\n{source}')
        shown = json.dumps({"url": proxy.url, "token": user.key, **given})
        return running(BARE, str(FILE), str(file), shown, flags=MODULES)

    return run


async def test_there_is_no_platform(bare: Bare) -> None:
    async with bare("say(given.names.filter((name) => name in globalThis));", names=[*LACKING, "fetch"]) as program:
        assert await program.end() == [["fetch"]]


async def test_everything_works_without_a_platform(bare: Bare, user: User, proxy: Proxy) -> None:
    source = """
        const darkroom = new Darkroom({ ...given, getToken: async () => given.token });
        const { id } = await darkroom.submit({ prompt: "a lighthouse", scheduled_at: given.at });
        say(id);
        const on = { onSubscribed: () => say("subscribed"), onDropped: () => say("dropped") };
        for await (const { version } of darkroom.watch(id, on)) say(version);
        say((await darkroom.get(id)).images.length);
        for await (const { counts } of darkroom.queue()) { say(counts.queued >= 0); break; }
        await darkroom.get("none").catch((error) => say([error instanceof Problem, error.status]));
    """
    async with bare(source, at=FAR) as program:
        id_ = await program.hear()
        assert [await program.hear() for _ in range(2)] == ["subscribed", 1]
        proxy.cut()
        await develop(user, id_)
        heard = [await program.hear() for _ in range(6)]
        assert heard == ["dropped", "subscribed", 2, 3, 4, 5]
        assert await program.end() == [1, True, [True, 404]]
    (row,) = await user.darkroom.execute("SELECT key FROM idempotency_keys WHERE user_id = $1", user.id)
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", row["key"])


async def test_a_signal_of_a_polyfill_aborts(bare: Bare, user: User) -> None:
    """It has no `reason`."""
    generation = await user.submit(scheduled_at=FAR)
    source = """
        const heard = new Set();
        const signal = { aborted: false, addEventListener: (_, each) => heard.add(each),
                         removeEventListener: (_, each) => heard.delete(each) };
        const abort = () => { signal.aborted = true; for (const each of heard) each(); };
        const darkroom = new Darkroom(given);
        try {
          for await (const { version } of darkroom.watch(given.id, { signal })) { say(version); abort(); }
        } catch (error) { say(error.name); }
        say(heard.size);
    """
    async with bare(source, id=generation["id"]) as program:
        assert await program.end() == [1, "AbortError", 0]
