"""Who asks in the tests of /rest/v1, and whose rows there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from pipeline.ids import new_id
from tests.api.auth.minting import sign
from tests.darkroom import Darkroom

FAR = "2999-01-01T00:00:00+00:00"
ANON = "the-anon-key"


@dataclass(frozen=True)
class People:
    """Alice and Bob, each with rows; rows of nobody's; and everybody's keys."""

    keys: Mapping[str, Mapping[str, str]]
    """By name: `key`, which the app was built with, and `token`, when somebody has signed in."""
    ids: dict[str, str]


async def settle_in(darkroom: Darkroom, service_key: str | None = None) -> People:
    """Write everybody's rows, as psql would."""
    alice, bob = f"alice-{uuid4()}", f"bob-{uuid4()}"
    names = ("done", "pair", "failed", "called_off", "waiting", "bobs", "nobodys", "batch", "never", "mixed", "strayed")
    ids = {name: str(new_id()) for name in names} | {"alice": alice, "bob": bob}
    sql = "INSERT INTO batches (id, user_id, name, settings, total) VALUES ($1, $2, 'the coast', '{\"width\": 512}', 3)"
    await darkroom.execute(sql, ids["batch"], alice)
    await darkroom.execute(sql, ids["mixed"], alice)
    rows = [
        ("done", alice, "completed", "a lighthouse", None, ids["batch"], 0, "2026-01-01T00:00:00.123456+00:00"),
        ("failed", alice, "failed", "a harbour, at night (1)", "boom", ids["batch"], 1, "2026-01-02T00:00:00+00:00"),
        ("called_off", alice, "cancelled", 'a "quoted" gull', None, ids["batch"], 2, "2026-01-03T00:00:00+00:00"),
        ("pair", alice, "completed", "two boats", None, None, None, "2026-01-04T00:00:00+00:00"),
        ("waiting", alice, "pending", "a storm 100%", None, None, None, "2026-01-05T00:00:00+00:00"),
        ("bobs", bob, "completed", "a dune", None, None, None, "2026-01-06T00:00:00+00:00"),
        ("strayed", bob, "failed", "a raft", "no", ids["mixed"], 0, "2026-01-06T01:00:00+00:00"),
        ("nobodys", None, "completed", "a fog", None, None, None, "2026-01-07T00:00:00+00:00"),
    ]
    for name, owner, status, prompt, reason, batch, index, created in rows:
        await darkroom.execute(
            """INSERT INTO image_generations (id, user_id, status, prompt, model, model_id, error_message, batch_id,
                 batch_index, created_at, due_at, width, steps, guidance_scale, seed, webhook_url, input, payload)
               VALUES ($1, $2, $3, $4, 'm/m', 'm/m', $5, $6, $7, CAST($8::text AS timestamptz), $9::text::timestamptz,
                 512, 4, 7.5, 4294967296, 'https://secret.example/hook', '{}',
                 '{"webhook_url": "https://secret.example/hook", "note": "kept"}')""",
            ids[name],
            owner,
            status,
            prompt,
            reason,
            batch,
            index,
            created,
            FAR if status == "pending" else None,
        )
    pictures = [("done", alice, 0), ("pair", alice, 0), ("pair", alice, 1), ("bobs", bob, 0), ("nobodys", None, 0)]
    for name, owner, idx in pictures:
        ids[f"{name}_image_{idx}"] = str(new_id())
        await darkroom.execute(
            """INSERT INTO images (id, generation_id, idx, user_id, filename, storage_path, public_url, file_size,
                 width, height, format, prompt, model)
               VALUES ($1, $2, $3, $4, 'f.png', $5, '/images/' || $5, 10, 512, 512, 'png', 'p', 'm/m')""",
            ids[f"{name}_image_{idx}"],
            ids[name],
            idx,
            owner,
            f"{ids[name]}/{idx}.png",
        )
    keys = {
        "alice": {"key": ANON, "token": sign(sub=alice)},
        "bob": {"key": ANON, "token": sign(sub=bob)},
        "anon": {"key": ANON},
        "service": {"key": service_key or darkroom.service_key},
        "nobody": {"key": "wrong"},
        "late": {"key": ANON, "token": sign(sub=alice, exp=1)},
    }
    return People(keys, ids)


async def settle_in_more(darkroom: Darkroom, people: People) -> None:
    """What only the tests of writes need: more of Bob's and of nobody's, many of Alice's, and limits."""
    sql = """INSERT INTO image_generations (id, user_id, status, prompt, model, model_id, due_at)
      VALUES ($1, $2, $3, $4, 'm/m', 'm/m', $5::text::timestamptz)"""
    for name, owner, status in (("nobodys_waiting", None, "pending"), ("bobs_two", people.ids["bob"], "completed")):
        people.ids[name] = str(new_id())
        await darkroom.execute(sql, people.ids[name], owner, status, name, FAR if status == "pending" else None)
    for idx in range(2):
        people.ids[f"bobs_two_image_{idx}"] = str(new_id())
        await darkroom.execute(
            """INSERT INTO images (id, generation_id, idx, user_id, filename, storage_path, public_url, file_size,
                 width, height, format, prompt, model)
               VALUES ($1, $2, $3, $4, 'f.png', $5, $5, 10, 512, 512, 'png', 'p', 'm/m')""",
            people.ids[f"bobs_two_image_{idx}"],
            people.ids["bobs_two"],
            idx,
            people.ids["bob"],
            f"{people.ids['bobs_two']}/{idx}.png",
        )
    for _ in range(101):
        await darkroom.execute(sql, str(new_id()), people.ids["alice"], "pending", "one of many", FAR)
    await darkroom.execute(
        "INSERT INTO user_limits (user_id, in_flight, per_minute) VALUES ($1, 3, 70)", people.ids["alice"]
    )
