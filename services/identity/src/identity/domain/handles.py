"""Handles to offer: two plain words, which hint at no name, no body and no illness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

WORDS = (
    "amber", "blue", "bright", "calm", "clear", "cosy", "crisp", "curious", "dotted", "early",
    "easy", "fair", "fine", "free", "fresh", "gentle", "glad", "golden", "green", "happy",
    "honest", "humming", "jolly", "kind", "late", "leafy", "lively", "lucky", "mellow", "merry",
    "mild", "mossy", "neat", "new", "open", "patient", "playful", "plain", "quick", "quiet",
    "red", "round", "rustling", "sandy", "silver", "singing", "snug", "soft", "spring", "steady",
    "striped", "summer", "sunny", "swift", "tidy", "velvet", "violet", "warm", "winter", "woolly",
)  # fmt: skip
THINGS = (
    "acorn", "bagel", "bay", "bell", "bicycle", "boat", "book", "breeze", "bridge", "brook",
    "button", "candle", "cedar", "cello", "cherry", "cloud", "clover", "comet", "cove", "daisy",
    "dune", "fern", "field", "finch", "garden", "harbour", "heron", "hill", "island", "kettle",
    "kite", "lake", "lantern", "leaf", "lighthouse", "maple", "meadow", "melody", "moon", "mug",
    "orchard", "otter", "owl", "pebble", "pencil", "pine", "plum", "pond", "porch", "puffin",
    "rain", "river", "robin", "scarf", "shell", "sparrow", "star", "teapot", "thistle", "willow",
)  # fmt: skip
OFFERED = 5
DRAWN = 20
"""Drawn before it is looked which of them are free: enough that five are, unless most are taken."""


def draw(random: Random) -> Iterator[str]:
    """Handles in a random order, the last half with a number, for networks where most are taken."""
    for index in range(DRAWN):
        handle = f"{random.choice(WORDS)}-{random.choice(THINGS)}"
        yield handle if index < DRAWN // 2 else f"{handle}-{random.randrange(10, 1000)}"


def choose(drawn: Sequence[str], free: set[str]) -> list[str]:
    """The first few that are free, each once."""
    return list(dict.fromkeys(handle for handle in drawn if handle in free))[:OFFERED]
