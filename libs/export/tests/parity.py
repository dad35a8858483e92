"""Whether an export tells of everything that a service keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from export.kinds import Kind


def untold(kept: Iterable[str], kinds: Iterable[Kind], withheld: Mapping[str, str]) -> set[str]:
    """Collections of `kept` that are neither told of nor withheld for a reason, and withheld ones
    that are told of all the same, or are not there."""
    there, told = set(kept), {kind.collection for kind in kinds}
    assert all(withheld.values()), "each is withheld for a reason"
    return (there - told - withheld.keys()) | (told & withheld.keys()) | (withheld.keys() - there)
