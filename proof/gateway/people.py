"""Who uses the Darkroom: users with keys of their own, and one who sees everything."""

from typing import NamedTuple
from uuid import UUID, uuid5

from pipeline.api_keys import KeyRole, key_hash, new_key
from pipeline.ids import new_id
from proof.plain_connection import connect

_LET_IN = "INSERT INTO api_keys (id, key_hash, name, user_id, role) VALUES ($1, $2, $3, $3, $4)"
_NAMES = UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")


class Person(NamedTuple):
    """Somebody with a key."""

    id: str
    key: str
    sees_all: bool


async def let_in(database_url: str, users: int) -> tuple[list[Person], Person]:
    """So many users, and the one with a service key. Raises one of AWAY."""
    people = [await _person(database_url, number, "user") for number in range(1, users + 1)]
    return people, await _person(database_url, 0, "service")


async def _person(database_url: str, number: int, role: KeyRole) -> Person:
    person = Person(str(uuid5(_NAMES, f"{role} {number}")), new_key(), role == "service")
    connection = await connect(database_url)
    try:
        await connection.execute(_LET_IN, new_id(), key_hash(person.key), person.id, role)
    finally:
        connection.terminate()
    return person
