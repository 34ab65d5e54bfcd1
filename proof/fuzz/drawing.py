"""Draws so many calls and conversations, and sends them; what is found is made as small as it gets."""

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from proof.fuzz.calls import Call, calls
from proof.fuzz.frames import ON
from proof.fuzz.sending import Sender

CHECKED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
_CONVERSATIONS = st.sampled_from(list(ON)).flatmap(
    lambda path: st.tuples(st.just(path), st.sampled_from(["service", "user"]), st.lists(ON[path], max_size=5))
)


def draw_calls(sender: Sender, number: int, chosen: int) -> None:
    """Send `number` calls that the seed `chosen` draws. Raises Found, with the smallest call that shows it."""

    @seed(chosen)
    @settings(max_examples=number, deadline=None, database=None, suppress_health_check=CHECKED)
    @given(calls())
    def send(call: Call) -> None:
        sender.send(call)

    send()
    sender.check_alive()


def draw_conversations(sender: Sender, number: int, chosen: int) -> None:
    """The same with conversations over websockets."""

    @seed(chosen)
    @settings(max_examples=number, deadline=None, database=None, suppress_health_check=CHECKED)
    @given(_CONVERSATIONS)
    def talk(said: tuple[str, str, list[str]]) -> None:
        sender.talk(*said)

    talk()
    sender.check_alive()
