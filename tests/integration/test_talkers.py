"""What holds logs of clients against what is stored: it notices each way a group can be wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.talkers import Talker, check, ends_for, stays

Messages = list[dict[str, Any]]


def notice(sequence: int, kind: str, member: str) -> dict[str, Any]:
    told = {"kind": kind, "memberIds": [member]}
    return {
        "sequence": sequence, "text": "", "senderId": member, "clientMessageId": "", "notice": told,
    }  # fmt: skip


def said(sequence: int, member: str) -> dict[str, Any]:
    id = f"{member}-{sequence}"
    return {"sequence": sequence, "text": id, "senderId": member, "clientMessageId": id}


def history() -> tuple[Talker, Talker, dict[str, Messages]]:
    """Ada hosts; Ben comes, goes while he is away, comes back, and both know what is theirs."""
    group = [
        notice(1, "opened", "ada"), notice(2, "joined", "ben"), said(3, "ben"), said(4, "ada"),
        notice(5, "removed", "ben"), said(6, "ada"), notice(7, "joined", "ben"), said(8, "ben"),
    ]  # fmt: skip
    ada, ben = (Talker(name, name, "", (), (), random.Random(1), ("g",)) for name in ("ada", "ben"))
    for talker in (ada, ben):
        mine = [one for one in group if one["clientMessageId"].startswith(talker.name)]
        for one in mine:
            talker.acknowledged[one["text"]] = "g", one["sequence"], one["text"]
    ada.heard["g"] = {one["sequence"]: one["text"] for one in group}
    ben.heard["g"] = {number: ada.heard["g"][number] for number in (2, 3, 7, 8)}
    return ada, ben, {"g": group}


def test_what_is_right_passes() -> None:
    ada, ben, stored = history()
    check([ada, ben], stored)
    assert stays(stored["g"], "ben") == [range(2, 6), range(7, 9)]
    assert ends_for(ben, stored) == {"g": 8}
    stored["g"].append(notice(9, "left", "ben"))
    assert (ends_for(ben, stored), ends_for(ada, stored)) == ({}, {"g": 9})
    ben.unknown.add("ben-8")  # perhaps said, and so it was
    del ben.acknowledged["ben-8"]
    ada.heard["g"][9] = ""
    check([ada, ben], stored)


def said_while_away(ada: Talker, ben: Talker, group: Messages) -> None:
    group[5] = said(6, "ben")
    ben.acknowledged["ben-6"] = "g", 6, "ben-6"
    ada.heard["g"][6] = "ben-6"
    del ada.acknowledged["ada-6"]


def heard_while_away(ada: Talker, ben: Talker, group: Messages) -> None:
    ben.heard["g"][6] = "ada-6"


def missed_at_the_end(ada: Talker, ben: Talker, group: Messages) -> None:
    del ben.heard["g"][8]


def missed_between(ada: Talker, ben: Talker, group: Messages) -> None:
    ben.heard["g"][4] = "ada-4"
    del ben.heard["g"][3]


def heard_otherwise(ada: Talker, ben: Talker, group: Messages) -> None:
    ben.heard["g"][3] = "something else"


def came_twice(ada: Talker, ben: Talker, group: Messages) -> None:
    group[4] = notice(5, "joined", "ben")


def doubled(ada: Talker, ben: Talker, group: Messages) -> None:
    group.append(said(8, "ben") | {"sequence": 9})
    for talker in (ada, ben):
        talker.heard["g"][9] = "ben-8"


def nobodys(ada: Talker, ben: Talker, group: Messages) -> None:
    group.append(said(9, "ada"))
    for talker in (ada, ben):
        talker.heard["g"][9] = "ada-9"


def lost(ada: Talker, ben: Talker, group: Messages) -> None:
    ada.acknowledged["ada-0"] = "g", 6, "ada-0"


def with_a_gap(ada: Talker, ben: Talker, group: Messages) -> None:
    del group[5]


@pytest.mark.parametrize(
    "spoil",
    [
        said_while_away, heard_while_away, missed_at_the_end, missed_between, heard_otherwise,
        came_twice, doubled, nobodys, lost, with_a_gap,
    ],
)  # fmt: skip
def test_what_is_wrong_is_noticed(spoil: Callable[[Talker, Talker, Messages], None]) -> None:
    ada, ben, stored = history()
    spoil(ada, ben, stored["g"])
    with pytest.raises(AssertionError):
        check([ada, ben], stored)
