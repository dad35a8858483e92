"""Rosters and notices as they are stored: in the notice that began one, and, for lists, in the
conversation's document."""

from __future__ import annotations

from typing import Any

from common.mongo import Document

from messaging.domain.roster import Notice, NoticeKind, Roster, Stay


def stored_roster(roster: Roster) -> Document:
    """A roster as it is stored."""
    return {
        "at": roster.at, "member_ids": list(roster.member_ids),
        "since": [one.since for one in roster.stays], "host_ids": list(roster.host_ids),
        "title_at": roster.title_at,
    }  # fmt: skip


def roster_of(stored: Document) -> Roster:
    """A stored roster."""
    stays = zip(stored["member_ids"], stored["since"], strict=True)
    return Roster(
        stored["at"], tuple(Stay(*one) for one in stays), tuple(stored["host_ids"]),
        stored["title_at"],
    )  # fmt: skip


def stored_notice(notice: Notice, sealed_title: bytes | str) -> Document:
    """What a message's document holds of a notice; `named` is everybody in it, to find them by."""
    named = {*notice.member_ids, *notice.roster.member_ids}
    named |= {notice.spoke} if notice.spoke else set()
    state: dict[str, Any] = {
        "kind": notice.kind.value, "member_ids": list(notice.member_ids), "title": sealed_title,
        "spoke": notice.spoke, "roster": stored_roster(notice.roster),
    }  # fmt: skip
    return {"notice": state, "named": sorted(named)}


def notice_of(stored: Document, title: str) -> Notice:
    """A stored notice, with its title as it is read."""
    return Notice(
        NoticeKind(stored["kind"]), tuple(stored["member_ids"]), roster_of(stored["roster"]),
        title, stored["spoke"],
    )  # fmt: skip
