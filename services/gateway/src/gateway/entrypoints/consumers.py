"""The events the gateway listens to, in every process of it: ends of sessions."""

from __future__ import annotations

from common.ids import parse_id
from common.kafka_consumer import Handlers, Meta
from kith.identity.events.v1 import session_events_pb2 as identity

from gateway.application.ended import Ended
from gateway.application.watching import Watches

SESSION_GROUP = "gateway.sessions.v1"
"""Every gateway is one of its own, so that it sees every event."""
SESSION_TOPICS = ("identity.session.v1",)


def session_handlers(ended: Ended, watches: Watches) -> Handlers:
    """What to do when sessions end: their tokens open no door, and their sockets are closed."""

    async def on_sessions_ended(event: identity.SessionsEnded, meta: Meta) -> None:
        network_id = parse_id(event.network_id, "network_id")
        member_id = parse_id(event.member_id, "member_id")
        if event.session_id:
            ended.end_session(parse_id(event.session_id, "session_id"))
        else:
            ended.end_all(network_id, member_id, event.epoch)
        watches.end(network_id, member_id, ended.has)

    return {identity.SessionsEnded: on_sessions_ended}
