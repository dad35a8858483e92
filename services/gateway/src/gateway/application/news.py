"""What messaging tells of, on its way to devices: encoded once, whoever it is for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.application.devices import Device


@dataclass(frozen=True, slots=True)
class News:
    """Something new for some of our subscriptions; `sequence` is of a message that was sent,
    0 of anything else. `changed` is of a message that has to be asked for where it is not told,
    `anew` of the conversation itself, which has to be."""

    numbers: Sequence[int]
    conversation_id: str
    frame: bytes
    sequence: int = 0
    changed: bool = False
    anew: bool = False


def pass_on(news: News, devices: Iterable[Device]) -> None:
    """Tell what has no place: who is too slow now does not miss it, unless it changed a message or
    the conversation."""
    for device in devices:
        if not device.slow:
            device.sink.write(news.frame)
        elif news.changed:
            device.missed.add(news.conversation_id)
        elif news.anew:
            device.stale.add(news.conversation_id)
