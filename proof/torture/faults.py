"""The painter's weather: which of its faults bite, changed every few seconds."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson

from pipeline.media.picture import MAX_BYTES
from pipeline.providers.painter.faults.rules import FAULTS, OUTPUT
from proof.torture.load import BRITTLE, SHATTERED
from proof.torture.options import LEASE_SECONDS, Options

Rule = dict[str, Any]

RULES: tuple[Rule, ...] = (
    {"fault": "error", "status": 500},
    {"fault": "error", "status": 502},
    # No credit: that generation is bought elsewhere.
    {"fault": "error", "status": 402},
    {"fault": "throttle", "seconds": 1},
    {"fault": "hang", "seconds": LEASE_SECONDS / 4},
    {"fault": "hang", "seconds": LEASE_SECONDS * 2},
    {"fault": "reset_before"},
    {"fault": "reset_after"},
    {"fault": "slow", "seconds": 3.0},
    {"fault": "fail"},
    {"fault": "lost_webhook"},
    {"fault": "double_webhook"},
    # Later than the webhooks of what was bought after it: so they come in another order.
    {"fault": "late_webhook", "seconds": 4.0},
    {"fault": "forged_webhook"},
    {"fault": "corrupt_output"},
    {"fault": "truncated_output"},
    {"fault": "oversize_output", "bytes": MAX_BYTES + 2**20},
    {"fault": "expired_output"},
    {"fault": "html_output"},
    {"fault": "slow_output", "seconds": 1.0},
    {"fault": "error_output"},
)
"""What may be dialled in. Those of outputs bite generations on brittle glass only, and there more often."""
ALWAYS: Rule = {"fault": "corrupt_output", "prompt_contains": SHATTERED}
"""In force all the time: these fail, and are retried by hand."""

ELSEWHERE = frozenset({"throttle", "reset_after", "slow", "fail", "double_webhook", "late_webhook", "forged_webhook"})
"""Those of the second provider: it keeps no list, so there a purchase that was not made and of which nothing is heard
either would only be waited for, through ten leases."""
BLACKOUT: Rule = {"fault": "error", "status": 502, "probability": 1.0}
"""Now and then the first provider is gone altogether, and its lane closes."""
BLACKOUTS = 0.15
"""Share of its weathers."""

PRESENT = 0.6
"""Share of the rules in each weather."""
OFTEN, OFTEN_BRITTLE = (0.02, 0.08), (0.05, 0.15)
"""How often a present rule bites, lowest and highest probability."""
RARE = frozenset({"oversize_output"})
"""Too dear to bite often: each is tens of megabytes."""
LASTS = (2.0, 4.0)
"""Seconds."""


class Weather:
    """Dials the faults of one of the painter's counters. A painter that was killed has forgotten them, and is told the
    next ones.
    """

    def __init__(
        self,
        options: Options,
        session: aiohttp.ClientSession,
        painter_url: str,
        headers: Mapping[str, str],
        *,
        second: bool,
    ) -> None:
        self._dice = options.dice("weather", second)
        self._often = options.often
        outputs = {rule["fault"] for rule in RULES if FAULTS[rule["fault"]].stage == OUTPUT}
        faults = (ELSEWHERE | outputs) & set(options.faults) if second else set(options.faults)
        self._rules = [rule for rule in RULES if rule["fault"] in faults]
        self._always = [ALWAYS] if ALWAYS["fault"] in faults else []
        self._blackouts = BLACKOUTS if BLACKOUT["fault"] in faults and options.often is None else 0.0
        self._session = session
        self._url = f"{painter_url}/_painter/faults"
        self._headers = headers

    async def change(self, over: asyncio.Event) -> None:
        """Change the weather every few seconds until `over`, then make it fair."""
        while not over.is_set():
            rules = self._always + [drawn for rule in self._rules if (drawn := self._draw(rule))]
            await self._dial(rules + [BLACKOUT] * (self._dice.random() < self._blackouts))
            try:
                async with asyncio.timeout(self._dice.uniform(*LASTS)):
                    await over.wait()
            except TimeoutError:
                continue
        await self._dial([])

    def _draw(self, rule: Rule) -> Rule | None:
        present, strength = self._dice.random() < PRESENT, self._dice.random()
        if self._often is not None:
            return {**rule, "probability": self._often}
        if not present:
            return None
        if FAULTS[rule["fault"]].stage != OUTPUT:
            return {**rule, "probability": _between(OFTEN, strength)}
        often = OFTEN if rule["fault"] in RARE else OFTEN_BRITTLE
        return {**rule, "probability": _between(often, strength), "prompt_contains": BRITTLE}

    async def _dial(self, rules: list[Rule]) -> None:
        """Until the painter takes them: it may just be starting again."""
        while True:
            try:
                async with self._session.put(self._url, data=orjson.dumps(rules), headers=self._headers) as answer:
                    answer.raise_for_status()
                    return
            except (aiohttp.ClientConnectionError, TimeoutError):
                await asyncio.sleep(self._dice.uniform(0.05, 0.15))


def _between(span: tuple[float, float], share: float) -> float:
    return span[0] + (span[1] - span[0]) * share


def fault_names() -> tuple[str, ...]:
    """Every fault that may be asked for, once."""
    return tuple(dict.fromkeys(rule["fault"] for rule in RULES))
