"""DELETE: generations that are final, with their pictures and objects; and jobs, which are put away only."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.auth.identity import Identity
from api.generations.aftermath import after_delete
from api.supabase.rest.refusals import forbidden, impossible
from api.supabase.rest.tables import Table
from api.supabase.rest.writes.asked import Asked, empty, read_asked
from pipeline.delete import delete_many
from pipeline.standing import read_standing
from pipeline.statements import WANTED, as_json, fetch, statement

_THEIR_GENERATIONS = statement(f"""
    WITH those AS MATERIALIZED (
      SELECT id, generation_id FROM images
      WHERE id IN {WANTED})
    SELECT i.generation_id AS id, count(*) AS pictures,
      array_agg(i.id) FILTER (WHERE i.id IN (SELECT id FROM those)) AS matched,
      (SELECT g.user_id FROM image_generations AS g WHERE g.id = i.generation_id) AS user_id
    FROM images AS i WHERE i.generation_id IN (SELECT generation_id FROM those) GROUP BY i.generation_id
""")
_PUT_AWAY = statement(f"""
    DELETE FROM job_queue
    WHERE id = ANY (ARRAY {WANTED}) RETURNING id
""")


async def remove_generations(request: Request, table: Table, identity: Identity) -> Response:
    """DELETE image_generations: 204, or 200 with the rows as they were.

    Those that may be deleted are; when there are rows and none of them may, it is refused with the reason of the first.
    """
    asked = read_asked(request, table, identity)
    ids = await asked.matched("DELETE")
    if not ids:
        return empty(asked)
    shown = await asked.as_they_are(ids) if asked.wants_rows else {}
    gone = await _delete(asked, ids)
    return _answer(asked, [row for one, row in shown.items() if one in gone], len(gone))


async def remove_images(request: Request, table: Table, identity: Identity) -> Response:
    """DELETE images: as their generations, when it is all the pictures of each; a generation has its pictures."""
    asked = read_asked(request, table, identity)
    ids = await asked.matched("DELETE")
    if not ids:
        return empty(asked)
    pictures = dict[UUID, UUID]()
    for row in await fetch(asked.state.engine, _THEIR_GENERATIONS, ids=as_json(ids)):
        if not identity.may_change(row.user_id):
            # A hand wrote the picture under another name than its generation's: that is not deleted with it.
            continue
        if len(row.matched) < row.pictures:
            raise impossible(f"images: its generation has {row.pictures}, which go together; delete the generation")
        pictures |= dict.fromkeys(row.matched, row.id)
    if not pictures:
        return empty(asked)
    shown = await asked.as_they_are(ids) if asked.wants_rows else {}
    gone = await _delete(asked, sorted(set(pictures.values())))
    went = [one for one, generation in pictures.items() if generation in gone]
    return _answer(asked, [shown[one] for one in went if one in shown], len(went))


async def remove_jobs(request: Request, table: Table, identity: Identity) -> Response:
    """DELETE job_queue: the job is put away; its generation and the pictures stay. With the service key."""
    asked = read_asked(request, table, identity)
    if not identity.sees_all:
        raise forbidden(f"permission denied for view {table.name}", anonymous=identity.role == "anonymous")
    ids = await asked.matched("DELETE")
    if not ids:
        return empty(asked)
    shown = await asked.as_they_are(ids) if asked.wants_rows else {}
    gone = {row.id for row in await fetch(asked.state.engine, _PUT_AWAY, ids=as_json(ids))}
    return _answer(asked, [row for one, row in shown.items() if one in gone], len(gone))


async def _delete(asked: Asked, ids: Sequence[UUID]) -> set[UUID]:
    """Delete those of `ids` that may be; which they were. Raises Refusal when none may."""
    rows = await delete_many(asked.state.engine, ids)
    await after_delete(asked.state, rows)
    if not rows and (standing := await read_standing(asked.state.engine, ids[0])) is not None:
        raise impossible(standing.why_not_deleted())
    return {row.id for row in rows}


def _answer(asked: Asked, rows: Sequence[dict[str, Any]], number: int) -> Response:
    if not asked.wants_rows:
        return asked.answer(None, number)
    body = rows[0] if asked.one and rows else rows
    return asked.answer(orjson.dumps(body).decode(), number)
