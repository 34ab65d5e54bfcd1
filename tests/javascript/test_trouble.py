"""What the client makes of a server that refuses, closes and lies; and of a browser's events, in Node."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.javascript.conftest import Node
from tests.javascript.scripted_gateway import ID, Plot, ScriptedGateway, serving, transition

FIRST = (transition(1), transition(2))
TIMERS = """
const after = globalThis.setTimeout;
const isOurs = () => new Error().stack.includes("/darkroom.js"); // Node's own parts use the same function
"""
NO_PAUSES = (
    TIMERS
    + """
globalThis.setTimeout = (then, wait, ...rest) => {
  if (!isOurs()) return after(then, wait, ...rest);
  say({ wait });
  return after(then, 0);
};
"""
)
SHORT_PAUSES = (
    TIMERS
    + """
globalThis.setTimeout = (then, wait, ...rest) => after(then, isOurs() && wait < 10_000 ? 0 : wait, ...rest);
"""
)
NEVER = (
    TIMERS
    + """
globalThis.setTimeout = (then, wait, ...rest) => isOurs() ? 0 : after(then, wait, ...rest);
"""
)
WATCH = "await seen(darkroom.watch(given.id, { onDropped: (why) => say({ why }) })).catch(refused);"
UNAUTHORIZED = {"type": "/problems/unauthorized", "title": "No key", "status": 401, "detail": "unknown"}
UNAVAILABLE = {"type": "/problems/unavailable", "title": "Away", "status": 503, "detail": "try again shortly"}


@pytest.fixture
async def gateway() -> AsyncIterator[ScriptedGateway]:
    """A server that misbehaves."""
    async with serving(ScriptedGateway()) as opened:
        yield opened


async def heard(node: Node, gateway: ScriptedGateway, source: str, **given: Any) -> list[Any]:
    """All that a program says that speaks with the gateway."""
    async with node(source, url=gateway.url, id=ID, **given) as program:
        return await program.end()


def versions(said: list[Any]) -> list[int]:
    """Of the transitions among it."""
    return [one["version"] for one in said if "version" in one]


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012, 4408, 4429])
async def test_it_goes_on_after_a_close(node: Node, gateway: ScriptedGateway, code: int) -> None:
    gateway.plots.append(Plot(FIRST, close=code))
    said = await heard(node, gateway, SHORT_PAUSES + WATCH)
    assert versions(said) == [1, 2, 3, 4]
    assert {"why": "by plan"} in said
    assert gateway.asked == [None, 2]


@pytest.mark.parametrize(("code", "status"), [(4400, 400), (4401, 401), (4403, 403), (1008, 500), (1009, 500)])
async def test_some_closes_are_the_last_word(node: Node, gateway: ScriptedGateway, code: int, status: int) -> None:
    gateway.plots.append(Plot(FIRST, close=code))
    said = await heard(node, gateway, WATCH)
    assert versions(said) == [1, 2]
    assert (said[-1]["status"], said[-1]["detail"]) == (status, "by plan")
    assert len(gateway.tokens) == 1


async def test_a_key_that_is_not_let_in_is_a_problem(node: Node, gateway: ScriptedGateway) -> None:
    gateway.plots.append(Plot(auth=UNAUTHORIZED))
    (problem,) = await heard(node, gateway, WATCH)
    assert {name: problem[name] for name in UNAUTHORIZED} == UNAUTHORIZED


RENEWING = """
const tokens = [...given.tokens];
const getToken = async () => {
  const token = tokens.length > 1 ? tokens.shift() : tokens[0];
  if (token === "throw") throw new Error("the sign-in server is away");
  if (token === "refuse") throw new Problem({ status: 401, title: "Signed out" });
  return token;
};
const on = { onDropped: (why) => say({ why }) };
await seen(new Darkroom({ url: given.url, getToken }).watch(given.id, on)).catch(refused);
"""


@pytest.mark.parametrize(
    ("tokens", "shown", "status"),
    [
        pytest.param(["old", "fresh"], ["old", "fresh"], None, id="a fresh one is let in"),
        pytest.param(["old", "old"], ["old"], 401, id="there is no fresh one"),
        pytest.param(["old", "older", "fresh"], ["old", "older"], 401, id="one try"),
        pytest.param(["throw", "throw", "fresh"], ["fresh"], None, id="none just now"),
        pytest.param(["refuse"], [], 401, id="none at all"),
    ],
)
async def test_whoever_gives_tokens_is_asked_again(
    node: Node, gateway: ScriptedGateway, tokens: list[str], shown: list[str], status: int | None
) -> None:
    gateway.plots.extend(Plot(auth=UNAUTHORIZED) for token in shown if token != "fresh")
    said = await heard(node, gateway, RENEWING, tokens=tokens)
    assert gateway.tokens == shown
    assert versions(said) == ([1, 2, 3, 4] if status is None else [])
    assert said[-1] == "over" if status is None else said[-1]["status"] == status


async def test_a_server_in_trouble_is_asked_again_on_the_same_connection(node: Node, gateway: ScriptedGateway) -> None:
    gateway.plots.append(Plot((*FIRST, transition(3), transition(4)), refusal=UNAVAILABLE))
    said = await heard(node, gateway, WATCH)
    assert said[0] == {"why": "Away: try again shortly"}
    assert versions(said) == [1, 2, 3, 4]
    assert len(gateway.tokens) == 1


@pytest.mark.parametrize("nonsense", ["<h1>It works</h1>", "null", '{"type": "transition"', "[]"])
async def test_what_is_not_darkroom_is_a_problem(node: Node, gateway: ScriptedGateway, nonsense: str) -> None:
    gateway.plots.append(Plot((nonsense, *FIRST, transition(3), transition(4))))
    said = await heard(node, gateway, WATCH)
    assert said[-1] == "over" if nonsense == "[]" else said[-1]["title"] == "What answers is not Darkroom"


async def test_progress_goes_to_its_callback(node: Node, gateway: ScriptedGateway) -> None:
    far = {"id": ID, "progress": 40, "position": None, "eta_seconds": 1.5, "eta_error_seconds": 0.5}
    frames = (*FIRST, {"type": "progress", "topic": f"generation:{ID}", **far}, transition(3), transition(4))
    gateway.plots.append(Plot(frames))
    said = await heard(node, gateway, "await seen(darkroom.watch(given.id, { onProgress: say }));")
    assert far in said
    assert versions(said) == [1, 2, 3, 4]


async def test_a_callback_that_throws_ends_its_own_iteration_only(node: Node, gateway: ScriptedGateway) -> None:
    far = {"type": "progress", "topic": f"generation:{ID}", "id": ID, "progress": 40}
    gateway.plots.append(Plot((*FIRST, far)))
    gateway.plots.append(Plot((*FIRST, far, transition(3), transition(4))))
    source = """
        const onProgress = () => { throw new Error("a slip"); };
        const thrown = seen(darkroom.watch(given.id, { onProgress })).catch(({ message }) => say({ message }));
        await seen(darkroom.watch(given.id));
        await thrown;
    """
    said = await heard(node, gateway, source)
    assert {"message": "a slip"} in said
    assert sorted(versions(said)) == [1, 1, 2, 2, 3, 4]


async def test_a_silent_line_is_asked_for_a_sign_of_life(node: Node, gateway: ScriptedGateway) -> None:
    gateway.plots.append(Plot(FIRST))
    source = WATCH.replace("await seen", "seen")
    async with node(source, url=gateway.url, id=ID, idleSeconds=0.05, answerSeconds=0.3) as program:
        assert [(await program.hear())["version"] for _ in range(2)] == [1, 2]
        await gateway.until(lambda gateway: gateway.marks >= 3)
    assert len(gateway.tokens) == 1


async def test_pauses_double_up_to_a_limit_and_are_drawn_at_random(node: Node, gateway: ScriptedGateway) -> None:
    source = (
        NO_PAUSES
        + """
        let times = 0;
        const getToken = () => { if (++times < 40) throw new Error("away"); throw new Problem({ status: 401 }); };
        await seen(new Darkroom({ url: given.url, getToken }).feed()).catch(refused);
    """
    )
    pauses = [one["wait"] for one in await heard(node, gateway, source) if "wait" in one]
    assert len(pauses) == 39
    assert all(pause <= min(250 * 2**n, 10_000) for n, pause in enumerate(pauses))
    assert max(pauses) > 5_000
    assert len(set(pauses)) == 39


async def test_a_page_that_is_back_online_comes_back_at_once(node: Node, gateway: ScriptedGateway) -> None:
    """Its pauses never end here: only the browser's event can bring it back."""
    gateway.plots.append(Plot(FIRST, close=1012))
    source = (
        NEVER
        + """
        const page = new EventTarget();
        globalThis.addEventListener = page.addEventListener.bind(page);
        globalThis.removeEventListener = page.removeEventListener.bind(page);
        const isDropped = () => queueMicrotask(() => page.dispatchEvent(new Event("online")));
        await seen(darkroom.watch(given.id, { onDropped: isDropped }));
    """
    )
    assert versions(await heard(node, gateway, source)) == [1, 2, 3, 4]


async def test_submit_waits_as_long_as_it_is_told_under_one_key(node: Node, gateway: ScriptedGateway) -> None:
    gateway.answers += [(429, {"Retry-After": "7"}, {}), (503, {}, UNAVAILABLE)]
    source = NO_PAUSES + """say(await darkroom.submit({ prompt: "a lighthouse" }));"""
    said = await heard(node, gateway, source)
    assert said[-1] == {"id": ID}
    assert {"wait": 7_000} in said
    assert len(gateway.keys) == 3
    assert len(set(gateway.keys)) == 1


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        pytest.param((422, {}, {"title": "No", "errors": [{"field": "width", "message": "64…"}]}), 1, id="refused"),
        pytest.param((429, {"Retry-After": "3600"}, {}), 1, id="an hour"),
        pytest.param((503, {}, UNAVAILABLE), 5, id="always away"),
    ],
)
async def test_submit_gives_up(
    node: Node, gateway: ScriptedGateway, answer: tuple[int, dict[str, str], dict[str, Any]], tries: int
) -> None:
    gateway.answers += [answer] * 6
    said = await heard(node, gateway, NO_PAUSES + """await darkroom.submit({ prompt: "a" }).catch(refused);""")
    assert said[-1]["status"] == answer[0]
    assert said[-1]["errors"] == answer[2].get("errors", [])
    assert len(gateway.keys) == tries
