"""One good request for every door of a member's own side of conversations.

Who has nothing to decline was let in all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from kith.messaging.v1 import availability_service_pb2 as availability
from kith.messaging.v1 import contact_service_pb2 as contacts
from kith.messaging.v1 import seat_service_pb2 as api

from tests.integration.policy_cases import Case, route, rpc
from tests.integration.policy_world import between, here

SERVICE = "messaging.v1.SeatService/"


def seat_rpcs() -> Iterator[Case]:
    """Asked of messaging itself."""
    yield rpc(
        SERVICE + "AcceptConversation",
        lambda t: api.AcceptConversationRequest(conversation_id=t.talk), between,
    )  # fmt: skip
    yield rpc(
        SERVICE + "DeclineConversation",
        lambda t: api.DeclineConversationRequest(conversation_id=t.talk), between,
    )  # fmt: skip
    yield rpc(
        SERVICE + "MuteConversation",
        lambda t: api.MuteConversationRequest(conversation_id=t.talk), between,
    )  # fmt: skip
    yield rpc(
        SERVICE + "UnmuteConversation",
        lambda t: api.UnmuteConversationRequest(conversation_id=t.talk), between,
    )  # fmt: skip
    yield rpc(
        SERVICE + "LeaveConversation",
        lambda t: api.LeaveConversationRequest(conversation_id=t.talk), between,
    )  # fmt: skip
    yield rpc(
        "messaging.v1.ContactService/GetContactRule", lambda _: contacts.GetContactRuleRequest()
    )
    yield rpc(
        "messaging.v1.ContactService/SetContactRule",
        lambda _: contacts.SetContactRuleRequest(who_may_write=contacts.WHO_MAY_WRITE_NETWORK),
    )
    yield rpc(
        "messaging.v1.ContactService/BlockMember",
        lambda t: contacts.BlockMemberRequest(member_id=t.dora), here,
    )  # fmt: skip
    yield rpc(
        "messaging.v1.ContactService/UnblockMember",
        lambda t: contacts.UnblockMemberRequest(member_id=t.dora),
    )
    yield rpc("messaging.v1.ContactService/ListBlocks", lambda _: contacts.ListBlocksRequest())
    yield rpc(
        "messaging.v1.AvailabilityService/GetAvailability",
        lambda _: availability.GetAvailabilityRequest(),
    )
    yield rpc(
        "messaging.v1.AvailabilityService/SetAvailability",
        lambda _: availability.SetAvailabilityRequest(
            availability=availability.Availability(time_zone="UTC")
        ),
    )


def seat_routes() -> Iterator[Case]:
    """Asked of the gateway."""
    talk = "/v1/conversations/{talk}"
    yield route("accept_conversation", "PUT", f"{talk}/acceptance", between)
    yield route("decline_conversation", "DELETE", f"{talk}/acceptance", between)
    yield route("mute_conversation", "PUT", f"{talk}/mute", between, body=lambda _: {})
    yield route("unmute_conversation", "DELETE", f"{talk}/mute", between)
    yield route("leave_conversation", "DELETE", f"{talk}/seat", between)
    yield route("get_contact_rule", "GET", "/v1/contact-rule")
    yield route(
        "set_contact_rule", "PUT", "/v1/contact-rule", body=lambda _: {"whoMayWrite": "network"}
    )
    yield route("block_member", "PUT", "/v1/blocks/{dora}", here)
    yield route("unblock_member", "DELETE", "/v1/blocks/{dora}")
    yield route("list_blocks", "GET", "/v1/blocks")
    yield route("get_availability", "GET", "/v1/availability")
    yield route(
        "set_availability", "PUT", "/v1/availability",
        body=lambda _: {"timeZone": "UTC", "hours": []},
    )  # fmt: skip
