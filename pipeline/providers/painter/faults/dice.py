"""Which rules bite: by stage, by prompt, by chance, and only so many times."""

import random
from collections.abc import Sequence

from pipeline.providers.painter.faults.rules import Rule


class Dice:
    """The rules in force with what is left of each. Every rule has its own seeded dice, so that adding a rule does
    not change the throws of the others."""

    def __init__(self, seed: int, rules: Sequence[Rule]) -> None:
        self._seed = seed
        self.replace(rules)

    def replace(self, rules: Sequence[Rule]) -> None:
        """Put these rules in force, with fresh counts and fresh dice."""
        self._rules = tuple(rules)
        self._left = [rule.times for rule in rules]
        self._dice = [random.Random(f"{self._seed}/{index}/{rule.fault}") for index, rule in enumerate(rules)]

    def shown(self) -> list[dict[str, object]]:
        """The rules as JSON, each with `left`: how often it may still bite, null without limit."""
        return [rule.shown() | {"left": left} for rule, left in zip(self._rules, self._left, strict=True)]

    def draw(self, stages: frozenset[str], prompt: str) -> tuple[Rule, ...]:
        """Throw for every rule of these stages that fits the prompt; those that bite are counted."""
        if not self._rules:
            return ()
        return tuple(
            rule for index, rule in enumerate(self._rules) if rule.stage in stages and self._bites(index, prompt)
        )

    def _bites(self, index: int, prompt: str) -> bool:
        rule, left = self._rules[index], self._left[index]
        if left == 0 or rule.prompt_contains not in prompt:
            return False
        if self._dice[index].random() >= rule.probability:
            return False
        if left is not None:
            self._left[index] = left - 1
        return True
