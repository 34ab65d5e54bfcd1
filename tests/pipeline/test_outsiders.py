"""With external workers in it nothing is lost or paid twice either; and the machine notices when something would be."""

from collections.abc import Iterator

import pytest
from hypothesis.stateful import run_state_machine_as_test

from pipeline.settings import Settings
from pipeline.statements import fetch, statement
from schema.migrations.migrate import statements
from tests.pipeline.outsiders_machine import Outsiders
from tests.pipeline.test_lifecycle import RUN, at_work


@pytest.fixture
def machine(database_url: str, settings: Settings) -> Iterator[type[Outsiders]]:
    """The machine, on a database of its own, as its owner: no process of ours may call the guide's functions."""
    with at_work(Outsiders, settings.model_copy(update={"database_url": database_url})) as prepared:
        yield prepared


def test_promises_hold_whatever_they_do(machine: type[Outsiders]) -> None:
    run_state_machine_as_test(machine, settings=RUN)


def planted(world: Outsiders, function: str, there: str, instead: str) -> None:
    """One of the functions with a fault in it."""
    sql = statements(function)
    assert there in sql

    async def replace() -> None:
        async with world.engine.connect() as connection:
            await connection.exec_driver_sql(sql.replace(there, instead))

    world.run(replace())


def test_the_machine_notices_a_stranger_who_ends_a_job(machine: type[Outsiders]) -> None:
    world = machine()
    world.submit(priority=0, attempts=2)
    world.claim(most=1)
    world.stranger_completes(0)
    planted(world, "complete_job", "IF held.outside_of IS NULL OR held.status <> 'processing' THEN", "IF false THEN")
    with pytest.raises(AssertionError, match="a stranger ended a job"):
        world.stranger_completes(0)


def test_the_machine_notices_that_a_bought_one_is_handed_out(machine: type[Outsiders]) -> None:
    world = machine()
    world.submit(priority=0, attempts=2)
    world.run(fetch(world.engine, statement("UPDATE image_generations SET replicate_prediction_id = 'p' RETURNING id")))
    world.outsider_claims()
    planted(world, "claim_next_job", "AND one.replicate_prediction_id IS NULL", "")
    with pytest.raises(AssertionError, match="what was bought was handed out"):
        world.outsider_claims()
