"""The state as numbers and as bytes: cheap to pack, and restored to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Any

from signals.domain.engagement import Tally
from signals.domain.filter import Belief
from signals.domain.state import KEY_BYTES, Consent, MemberState

LAYOUT = 2
# Header, three open days, belief, tally; every time and count as an integer, all else as a double.
_FULL = Struct("<B" + "B9q" + 3 * "10IqBqB" + "5d2q20d" + "qI20d")
_VERSION = Struct("<q")  # of the consent text: behind the rest, so that layout 1 is its beginning
_WITHOUT_CONSENT = Struct("<BBqq")
_WHOLE = (*range(52), 57, 58, 79, 80, 101)  # places of the integers among the numbers
NUMBERS = 102
_BEFORE_VERSIONS = NUMBERS - 1
"""Of a state of the first release, which did not keep the version; it counts as 0."""


class UnknownLayout(ValueError):
    """These are not the bytes or numbers of a state, or another release wrote them."""


def to_numbers(state: MemberState) -> list[float]:
    """Everything but the ids: enough to estimate for any later time. All are exact as doubles."""
    belief, tally = state.belief, state.tally
    first, second, third = state.window
    return [
        state.consent, state.consent_at, state.offset, state.taken,
        state.first_at, state.last_at, state.newest_at, state.survey_at, state.check_in_at,
        state.first_open, *first, *second, *third,
        belief.d, belief.mu, belief.p_dd, belief.p_dm, belief.p_mm, belief.at, belief.active_day,
        *belief.amounts, *belief.exposures, *belief.deviations, *belief.set_points,
        tally.day, tally.days, *tally.short, *tally.middle, *tally.long,
        tally.given, tally.received, state.consent_version,
    ]  # fmt: skip


def from_numbers(numbers: Sequence[float], keys: bytes = b"") -> MemberState:
    """The state `to_numbers` was given; without its ids unless they come along."""
    if len(numbers) == _BEFORE_VERSIONS:
        numbers = [*numbers, 0]
    if len(numbers) != NUMBERS:
        raise UnknownLayout(f"{len(numbers)} numbers, not {NUMBERS}")
    restored = list(numbers)
    for place in _WHOLE:
        restored[place] = int(numbers[place])
    return _restore(restored, keys)


def encode(state: MemberState) -> bytes:
    """The state as bytes: 18 without consent, up to 1.2 kB with."""
    if state.consent is not Consent.GRANTED:
        return _WITHOUT_CONSENT.pack(LAYOUT, state.consent, state.consent_at, state.offset)
    *numbers, version = to_numbers(state)
    return _FULL.pack(LAYOUT, *numbers) + _VERSION.pack(int(version)) + state.keys


def decode(data: bytes) -> MemberState:
    """The state `encode` was given. Raises UnknownLayout."""
    if not data or data[0] not in (LAYOUT, 1):
        raise UnknownLayout(f"layout {data[:1].hex() or 'missing'}, not {LAYOUT}")
    if len(data) == _WITHOUT_CONSENT.size:
        _, consent, consent_at, offset = _WITHOUT_CONSENT.unpack(data)
        return MemberState(Consent(consent), consent_at, offset)
    if len(data) < _FULL.size or (len(data) - _FULL.size) % KEY_BYTES:
        raise UnknownLayout(f"{len(data)} bytes")
    numbers, rest = list(_FULL.unpack_from(data)[1:]), data[_FULL.size :]
    if data[0] == 1:
        return _restore([*numbers, 0], rest)
    if len(rest) < _VERSION.size:
        raise UnknownLayout(f"{len(data)} bytes")
    return _restore([*numbers, *_VERSION.unpack_from(rest)], rest[_VERSION.size :])


def _restore(n: list[Any], keys: bytes) -> MemberState:
    """From the numbers in their order, each an integer or a double as the state has it."""
    belief = Belief(
        n[52], n[53], n[54], n[55], n[56], n[57], n[58], n[59:63], n[63:67], n[67:73], n[73:79]
    )
    tally = Tally(n[79], n[80], n[81:87], n[87:93], n[93:99], n[99], n[100])
    return MemberState(
        Consent(n[0]), n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9],
        [n[10:24], n[24:38], n[38:52]], belief, tally, keys, n[101],
    )  # fmt: skip
