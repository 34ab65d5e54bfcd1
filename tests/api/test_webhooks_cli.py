"""`darkroom webhooks` and `submit --webhook`, against the whole Darkroom."""

import json
from typing import Any

from standardwebhooks import Webhook

from tests.api.test_changes_cli import run
from tests.api.test_webhooks import ask, settled
from tests.darkroom import Darkroom, User
from tests.pipeline.webhooks.receiver import answering, receiving


async def read(user: User, *words: str) -> Any:
    """What a command says to programs."""
    code, out, err = await run(user, *words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


async def test_what_was_sent_is_listed_shown_and_sent_again(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, receiving() as receiver:
        receiver.answers.append(answering(410, "no [more]"))
        code, out, _ = await run(user, "submit", "a lighthouse", "--webhook", receiver.url)
        generation_id = out.strip()
        (came,) = await receiver.until(1)
        await settled(user, came.id, "disabled")

        code, out, _ = await run(user, "webhooks", "ls")
        (row,) = [line.split() for line in out.splitlines() if came.id[-8:] in line]
        assert row[:5] == [came.id[-8:], "⊘", "disabled", "completed", generation_id[-8:]]
        assert row[6:8] == ["1", "410"]
        page = await read(user, "webhooks", "ls", "--generation", generation_id[-12:], "--state", "disabled")
        assert [item["id"] for item in page["items"]] == [came.id]

        code, out, _ = await run(user, "webhooks", "show", came.id[-8:])
        assert code == 0
        for part in (came.id, "generation.completed", generation_id, receiver.url, "410", "no [more]", '"images": ['):
            assert part in out
        assert (await read(user, "webhooks", "show", came.id))["payload"] == came.body.decode()

        code, out, _ = await run(user, "webhooks", "replay", came.id[-8:])
        assert (code, out) == (0, f"{came.id} pending\n")
        assert [one.id for one in await receiver.until(2)] == [came.id] * 2
        await settled(user, came.id)


async def test_the_secret_is_alone_on_stdout(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        code, out, err = await run(user, "webhooks", "secret")
        assert (code, err) == (0, "")
        assert Webhook(out.strip())
        assert out.strip() == (await ask(user, "/v1/webhooks/secret"))["secret"]
        code, rotated, err = await run(user, "webhooks", "rotate")
        assert (code, rotated != out) == (0, True)
        assert f"{out.strip()} signs too until" in err
        shown = await read(user, "webhooks", "secret")
        assert (shown["secret"], shown["previous"][0]["secret"]) == (rotated.strip(), out.strip())


async def test_what_is_wrong_is_said(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        code, out, err = await run(user, "webhooks", "show", "abc")
        assert (code, out) == (2, "")
        assert "none of your latest 100 deliveries has an id that ends in abc" in err
        code, _, err = await run(user, "submit", "x", "--webhook", "https://10.0.0.1/")
        assert code == 2
        assert "webhook_url (--webhook): 10.0.0.1 is not on the public internet" in err
        code, out, _ = await run(user, "webhooks", "ls")
        assert (code, "darkroom submit" in out) == (0, True)
