"""The audit log is a chain: what was written cannot be changed, removed or put in unnoticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from identity.domain.audit import NO_DIGEST, Chain, Entry, Link, link

from services.identity.tests.builders import NOW, an_access

ACTIONS = ("/kith.signals.v1.SignalService/GetMemberSignal", "/a.b/C", "")
ENTRIES = st.builds(
    an_access, action=st.sampled_from(ACTIONS), subjects=st.integers(0, 3),
    at=st.integers(0, 10**6).map(lambda ms: NOW + timedelta(milliseconds=ms)),
)  # fmt: skip


def chained(entries: list[Entry]) -> list[Link]:
    links: list[Link] = []
    for entry in entries:
        links.append(link(links[-1] if links else None, entry))
    return links


def broken(links: list[Link], piece: int = 7) -> int:
    """Where the chain breaks, read in pieces; 0 if it does not."""
    chain = Chain()
    for start in range(0, len(links), piece):
        chain.read(links[start : start + piece])
    assert chain.result.count == len(links)
    return chain.result.broken


@given(st.lists(ENTRIES, max_size=20), st.integers(1, 20))
def test_a_chain_as_it_was_written_is_good_however_it_is_read(
    entries: list[Entry], piece: int
) -> None:
    links = chained(entries)
    assert broken(links, piece) == 0
    assert [found.sequence for found in links] == list(range(1, len(entries) + 1))


@given(st.lists(ENTRIES, min_size=1, max_size=12), st.data())
def test_a_changed_entry_is_found_where_it_is(entries: list[Entry], data: st.DataObject) -> None:
    links = chained(entries)
    place = data.draw(st.integers(0, len(links) - 1))
    old = links[place].entry
    other = an_access()
    changes = (
        {"id": other.id}, {"actor_id": other.actor_id}, {"network_id": other.id},
        {"action": old.action + "x"}, {"at": old.at + timedelta(milliseconds=1)},
        {"subject_ids": (*old.subject_ids, other.id)},
    )  # fmt: skip
    change = data.draw(st.sampled_from(changes))
    links[place] = replace(links[place], entry=replace(old, **change))  # type: ignore[arg-type]  # any field
    assert broken(links) == place + 1


@given(st.lists(ENTRIES, min_size=2, max_size=12), st.data())
def test_a_removed_or_inserted_entry_is_found(entries: list[Entry], data: st.DataObject) -> None:
    links = chained(entries)
    place = data.draw(st.integers(0, len(links) - 2))  # a removed end is only missed from outside
    assert broken(links[:place] + links[place + 1 :]) == place + 1
    forged = replace(links[place], entry=an_access())
    assert broken([*links[:place], forged, *links[place:]]) == place + 1


def test_parts_do_not_run_into_each_other() -> None:
    one = an_access(action="ab", subjects=0)
    other = replace(one, action="a")
    assert link(None, one).digest != link(None, other).digest
    assert link(None, one).digest != NO_DIGEST
