"""Changes: what the old tables' replication would have told of a generation's transitions, and of what was deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import orjson

from api.gateway.view import View
from api.supabase.records import COLUMNS, GENERATIONS, IMAGES, Record, generation_record, image_records, moment
from pipeline.deletions import Deletion
from schema.statuses import Status

_COLUMNS: Mapping[str, orjson.Fragment] = {
    table: orjson.Fragment(orjson.dumps([{"name": name, "type": type_} for name, type_ in columns.items()]))
    for table, columns in COLUMNS.items()
}


@dataclass(frozen=True)
class Change:
    """One row's, ready to be framed."""

    table: str
    type: str
    """INSERT, UPDATE or DELETE."""
    at: str
    record: Record
    old: Record
    """Of the row before, its key, as a table's default replica identity has it."""

    @cached_property
    def data(self) -> orjson.Fragment:
        """As it stands in a `postgres_changes` message: written once for however many channels."""
        said = {
            "schema": "public",
            "table": self.table,
            "commit_timestamp": self.at,
            "type": self.type,
            "columns": _COLUMNS[self.table],
            "record": self.record,
            # Also where there was none before: realtime-js up to 2.57 trips over its absence.
            "old_record": self.old,
            "errors": None,
        }
        return orjson.Fragment(orjson.dumps(said))


_OF_VIEW: WeakKeyDictionary[View, list[tuple[int, list[Change]]]] = WeakKeyDictionary()


def changes_after(view: View, version: int) -> list[Change]:
    """What a view's transitions above `version` were to the old tables, in order."""
    if (made := _OF_VIEW.get(view)) is None:
        made = _OF_VIEW[view] = [(entry["v"], _changes(view, entry)) for entry in view.resource["timeline"]]
    return [change for v, changes in made if v > version for change in changes]


def change_now(view: View) -> Change:
    """How a generation stands, as the UPDATE that brought it there."""
    resource = view.resource
    return _update(generation_record(resource), moment(resource["updated_at"]))


def deletion_change(deletion: Deletion) -> Change:
    """A row that is gone."""
    return Change(deletion.table, "DELETE", moment(datetime.now(UTC)), {}, {"id": str(deletion.id)})


def _changes(view: View, entry: Mapping[str, Any]) -> list[Change]:
    at = moment(entry["at"])
    record = generation_record(view.resource, entry)
    if entry["v"] == 1:
        return [Change(GENERATIONS, "INSERT", at, record, {})]
    # The pictures first: whoever is told that it is completed finds them.
    return [*_pictures(view, entry, at), _update(record, at)]


def _update(record: Record, at: str) -> Change:
    return Change(GENERATIONS, "UPDATE", at, record, {"id": record["id"]})


def _pictures(view: View, entry: Mapping[str, Any], at: str) -> list[Change]:
    if entry["status"] != Status.COMPLETED:
        return []
    timeline = view.resource["timeline"]
    # Reset by hand and developed again: the same rows are written anew.
    is_first = not any(one["status"] == Status.COMPLETED and one["v"] < entry["v"] for one in timeline)
    return [
        Change(IMAGES, "INSERT" if is_first else "UPDATE", at, record, {} if is_first else {"id": record["id"]})
        for record in image_records(view.resource)
    ]
