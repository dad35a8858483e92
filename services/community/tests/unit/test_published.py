"""Every event community writes, as published, against its golden file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from common.outbox import Outgoing
from community.adapters.events import of_comment, of_post
from community.domain.post import Comment, Intent, Post
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from services.community.tests.builders import NETWORK, NOW

GOLDEN = Path(__file__).parent.parent / "golden"
CIRCLE, POST, COMMENT, AUTHOR, ANSWERER = (
    UUID(f"01900000-0000-7000-8000-0000000000{digits}") for digits in ("0c", "0d", "0e", "0a", "0b")
)
WORDS = "words nobody else may read"
ASK = Post(
    id=POST, circle_id=CIRCLE, author_id=AUTHOR, intent=Intent.ASK, text=WORDS,
    request_id="words too", created_at=NOW, comment_count=2,
)  # fmt: skip
ANSWER = Comment(
    id=COMMENT, post_id=POST, author_id=ANSWERER, number=3, text=WORDS, request_id="words too",
    created_at=NOW + timedelta(seconds=90, milliseconds=7),
)  # fmt: skip
OWN = replace(ANSWER, author_id=AUTHOR)


def writes() -> dict[str, Iterable[Outgoing]]:
    return {
        "ask": of_post(NETWORK, ASK),
        "offer": of_post(NETWORK, replace(ASK, intent=Intent.OFFER)),
        "share": of_post(NETWORK, replace(ASK, intent=Intent.SHARE)),
        "comment": of_comment(NETWORK, ASK, ANSWER),
        "own_comment": of_comment(NETWORK, ASK, OWN),
    }


NAMES = {
    "ask": ["post_created_ask", "activity_ask"],
    "offer": ["post_created_offer", "activity_offer"],
    "share": ["post_created_share", "activity_share"],
    "comment": ["comment_created", "activity_comment", "activity_post_answered"],
    "own_comment": ["comment_created_own", "activity_comment_own"],
}
EVENTS = {
    name: event
    for write, events in writes().items()
    for name, event in zip(NAMES[write], events, strict=True)
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_published_as_the_golden_file_has_it(
    name: str, golden: Callable[[Path, bytes], None]
) -> None:
    message = EVENTS[name].message
    golden(GOLDEN / f"{name}.json", (MessageToJson(message) + "\n").encode())
    golden(GOLDEN / f"{name}.bin", message.SerializeToString(deterministic=True))
    kind: type[Message] = type(message)
    assert kind.FromString((GOLDEN / f"{name}.bin").read_bytes()) == message
    assert b"words" not in message.SerializeToString()


@pytest.mark.parametrize(
    "write, told",
    [
        ("ask", [("community.post.v1", POST, 1), ("activity.member.v1", AUTHOR, 1)]),
        (
            "comment",
            [
                ("community.post.v1", POST, 4),
                ("activity.member.v1", ANSWERER, 4),
                ("activity.member.v1", AUTHOR, 4),
            ],
        ),
        ("own_comment", [("community.post.v1", POST, 4), ("activity.member.v1", AUTHOR, 4)]),
    ],
)
def test_each_write_tells_whom_it_concerns_in_the_order_of_the_post(
    write: str, told: list[tuple[str, UUID, int]]
) -> None:
    assert [(event.topic, event.key, event.sequence) for event in writes()[write]] == told
