"""The AsyncAPI document: whole in itself, true to the code, and held against examples and wrong frames."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from starlette.datastructures import URL
from starlette.routing import WebSocketRoute

from api.app import ROUTES
from api.asyncapi.document import MESSAGES, document
from api.gateway import following, outbox, reading, socket
from api.supabase import paths
from schema.statuses import Status
from schema.wire import frames
from tests.api.wire import check_frame
from tests.darkroom import Darkroom

DOCUMENT = json.loads(json.dumps(document(URL("https://pictures.example/darkroom"))))
EXAMPLES: dict[str, dict[str, Any]] = {
    f"{name}: {example['summary']}": example["payload"]
    for name, message in DOCUMENT["components"]["messages"].items()
    for example in message["examples"]
}
TRANSITION = next(frame for frame in EXAMPLES.values() if frame["type"] == "transition")


def walk(node: Any, path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the document, and where it stands."""
    if isinstance(node, dict):
        yield path, node
    children = enumerate(node) if isinstance(node, list) else node.items() if isinstance(node, dict) else ()
    for name, child in children:
        yield from walk(child, f"{path}/{name}")


def at(reference: str) -> Any:
    """What a reference leads to. Raises KeyError when it leads nowhere."""
    part: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def referred(nodes: list[dict[str, str]]) -> set[str]:
    """The names of the messages that these references lead to."""
    return {node["$ref"].rpartition("/")[2] for node in nodes}


async def test_the_door_shows_it_with_its_own_address(darkroom: Darkroom) -> None:
    async with darkroom.client(None) as http, http.get("/asyncapi.json") as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        shown = json.loads(await answer.read())
    assert shown == json.loads(json.dumps(document(URL(darkroom.url + "/"))))
    (server,) = shown["servers"].values()
    assert (server["protocol"], f"http://{server['host']}") == ("ws", darkroom.url)


def test_behind_tls_and_below_a_path_its_address_says_so() -> None:
    (server,) = DOCUMENT["servers"].values()
    assert (server["protocol"], server["host"], server["pathname"]) == ("wss", "pictures.example", "/darkroom")


def test_every_reference_leads_somewhere_and_stands_alone() -> None:
    references = [(path, node) for path, node in walk(DOCUMENT) if isinstance(node.get("$ref"), str)]
    assert len(references) > 30
    for path, node in references:
        # Draft 7 overlooks what stands beside a $ref.
        assert node.keys() == {"$ref"}, path
        assert at(node["$ref"]), path


def test_every_message_belongs_to_an_operation_of_its_channel() -> None:
    (channel,) = DOCUMENT["channels"].values()
    assert channel["messages"].keys() == MESSAGES.keys() == DOCUMENT["components"]["messages"].keys()
    used: set[str] = set()
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in {"send", "receive"}
        for part in (operation, operation.get("reply")):
            if part:
                assert at(part["channel"]["$ref"]) is channel
                assert all(node["$ref"].startswith("#/channels/gateway/messages/") for node in part["messages"])
                used |= referred(part["messages"])
    assert used == MESSAGES.keys()


def test_what_clients_send_is_received_and_the_rest_is_sent() -> None:
    received: set[str] = set()
    sent: set[str] = set()
    for operation in DOCUMENT["operations"].values():
        (received if operation["action"] == "receive" else sent).update(referred(operation["messages"]))
        sent |= referred(operation.get("reply", {}).get("messages", []))
    schema = frames.client_frame.json_schema()
    assert received == set(schema["discriminator"]["mapping"])
    assert sent == MESSAGES.keys() - received


def test_every_schema_is_one_for_draft_7_and_for_2020_12() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert len(schemas) > 12
    for schema in schemas.values():
        Draft7Validator.check_schema(schema)
        Draft202012Validator.check_schema(schema)
    # Without a schemaFormat a payload is AsyncAPI's own kind of schema, which is a superset of Draft 7.
    assert not [path for path, node in walk(DOCUMENT) if "schemaFormat" in node]


def test_every_message_names_its_own_type() -> None:
    for name, message in DOCUMENT["components"]["messages"].items():
        assert at(message["payload"]["$ref"])["properties"]["type"]["const"] == message["name"] == name
        assert message["summary"]


def test_the_channel_is_the_gateways_and_its_server_takes_keys() -> None:
    # The old apps' websocket is described where their client is.
    (route,) = [route for route in ROUTES if isinstance(route, WebSocketRoute) and route.path != paths.REALTIME]
    (channel,) = DOCUMENT["channels"].values()
    assert channel["address"] == route.path
    assert [at(node["$ref"]) for node in channel["servers"]] == list(DOCUMENT["servers"].values())
    (server,) = DOCUMENT["servers"].values()
    schemes = [at(node["$ref"]) for node in server["security"]]
    assert [(scheme["type"], scheme.get("name")) for scheme in schemes] == [
        ("http", None),
        ("httpApiKey", "access_token"),
    ]


def test_limits_and_close_codes_are_the_codes_own() -> None:
    (channel,) = DOCUMENT["channels"].values()
    limits = {name: limit["value"] for name, limit in channel["x-limits"].items()}
    assert limits["frame"] == frames.MAX_FRAME_BYTES
    assert limits["topics"] == socket.MAX_TOPICS
    assert limits["bad_frames"] == socket.MAX_BAD_FRAMES
    assert limits["auth"] == socket.AUTH_SECONDS
    assert limits["waiting"] == outbox.MAX_BYTES
    assert (limits["frames_per_second"], limits["burst"]) == (reading.FRAMES_PER_SECOND, reading.BURST)
    assert limits["snapshot"] == following.SNAPSHOT
    constants = {value for name, value in vars(frames).items() if name.startswith("CLOSE_")}
    assert {int(code) for code in channel["x-close-codes"]} == constants
    assert at("#/components/schemas/Auth")["properties"]["token"]["maxLength"] == frames.MAX_TOKEN_LENGTH


def test_the_guide_explains_every_status_frame_and_close_code() -> None:
    guide = DOCUMENT["info"]["description"]
    words = [*Status, *MESSAGES, *map(str, frames.CLOSES)]
    assert [word for word in words if f"`{word}`" not in guide and f'"{word}"' not in guide] == []


@pytest.mark.parametrize("frame", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_every_example_is_right(frame: dict[str, Any]) -> None:
    check_frame(frame)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_has_an_example(name: str) -> None:
    assert any(frame["type"] == name for frame in EXAMPLES.values())


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"type": "sing"}, id="unknown type"),
        pytest.param({**TRANSITION, "more": 1}, id="a field more"),
        pytest.param({name: value for name, value in TRANSITION.items() if name != "at"}, id="a field less"),
        pytest.param({**TRANSITION, "status": "done"}, id="no status"),
        pytest.param({**TRANSITION, "id": "7"}, id="no id"),
        pytest.param({**TRANSITION, "at": "2026-11-24T10:00:00"}, id="no zone"),
        pytest.param({**TRANSITION, "topic": "generation:7"}, id="no topic"),
        pytest.param({**TRANSITION, "generation": {**TRANSITION["generation"], "secret": 1}}, id="a column more"),
        pytest.param({**TRANSITION, "generation": {"id": TRANSITION["id"]}}, id="columns less"),
        pytest.param(
            {**TRANSITION, "generation": {**TRANSITION["generation"], "timeline": [{"v": 1}]}}, id="half an entry"
        ),
    ],
)
def test_a_wrong_frame_is_noticed(wrong: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        check_frame(wrong)
