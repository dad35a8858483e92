"""An instrument: its items, and the one rule that turns complete answers into a score.

Nothing is filled in: a manual that allows no missing item gets none, and every number kept was
given by the person herself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from outcomes.domain.errors import AnswersInvalid

_ITEM_ID = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True)
class Item:
    """One question; `labels` name the answers from `least` up, one point apart."""

    id: str
    text: str
    least: int
    labels: tuple[str, ...]

    @property
    def most(self) -> int:
        """The largest answer."""
        return self.least + len(self.labels) - 1

    def takes(self, answer: object) -> bool:
        """Whether this is one of its answers: an integer in range, and no truth value."""
        return type(answer) is int and self.least <= answer <= self.most


@dataclass(frozen=True, slots=True)
class Instrument:
    """`version` changes with the texts, `scoring_version` with the rule; neither is ever reused.

    `source` says whose it is, `terms` on what terms its texts are shown.
    """

    id: str
    version: str
    display_name: str
    items: tuple[Item, ...]
    scoring_version: str
    source: str
    terms: str

    def score(self, answers: Mapping[str, int]) -> int:
        """The sum of the answers, by `scoring_version`.

        Raises AnswersInvalid, naming the item, unless every item is answered in its range and
        nothing else is.
        """
        for item in self.items:
            if item.id not in answers:
                raise AnswersInvalid("every item must be answered", item=item.id)
            if not item.takes(answers[item.id]):
                raise AnswersInvalid(
                    f"the answer must be a whole number from {item.least} to {item.most}",
                    item=item.id,
                )
        for id in answers.keys() - {item.id for item in self.items}:
            # what is no id at all may be anything, so it is not repeated
            named = {"item": id} if _ITEM_ID.fullmatch(id) else {}
            raise AnswersInvalid("the instrument has no such item", **named)
        return sum(answers[item.id] for item in self.items)
