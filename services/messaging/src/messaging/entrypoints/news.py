"""News as gateways are told it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kith.messaging.v1 import delivery_service_pb2 as api

from messaging.application.hub import Kind, News
from messaging.entrypoints.grpc import shown


def delivery_of(numbers: Sequence[int], news: News) -> api.Delivery:
    """News for some subscriptions."""
    made = api.Delivery(subscriptions=numbers, conversation_id=str(news.conversation_id))
    _FILL[news.kind](made, news)
    return made


def _arrived(made: api.Delivery, news: News) -> None:
    assert news.message is not None  # noqa: S101  # what arrived is a message
    made.arrived.CopyFrom(shown(news.message))


def _changed(made: api.Delivery, news: News) -> None:
    assert news.message is not None  # noqa: S101
    made.changed.CopyFrom(shown(news.message))


def _receipt(made: api.Delivery, news: News) -> None:
    made.receipt.member_id = str(news.by)
    made.receipt.delivered_sequence, made.receipt.read_sequence = news.delivered, news.read


def _typing(made: api.Delivery, news: News) -> None:
    made.typing_member_id = str(news.by)


def _conversation(made: api.Delivery, _news: News) -> None:
    made.conversation_changed = True


_FILL: Mapping[Kind, Callable[[api.Delivery, News], None]] = {
    Kind.ARRIVED: _arrived, Kind.CHANGED: _changed, Kind.RECEIPT: _receipt, Kind.TYPING: _typing,
    Kind.CONVERSATION: _conversation,
}  # fmt: skip
