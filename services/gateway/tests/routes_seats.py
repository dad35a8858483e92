"""The routes of a member's own side of conversations, each with one good request."""

from __future__ import annotations

from kith.messaging.v1 import availability_service_pb2 as availability
from kith.messaging.v1 import contact_service_pb2 as contacts
from kith.messaging.v1 import seat_service_pb2 as api

from services.gateway.tests.builders import (
    AT,
    CONVERSATION,
    CONVERSATION_JSON,
    NEXT,
    PAGE,
    QUERY,
    Json,
    Route,
    stamp,
)

SERVICE = "/kith.messaging.v1.SeatService"
RULES = "/kith.messaging.v1.ContactService"
HOURS = "/kith.messaging.v1.AvailabilityService"
SAID = availability.Availability(
    time_zone="Europe/Berlin", not_until_time=stamp(),
    hours=[
        availability.OfficeHours(
            weekday=availability.WEEKDAY_SUNDAY, start_minute=1080, end_minute=1440
        )
    ],
)  # fmt: skip
SAID_JSON: Json = {
    "timeZone": "Europe/Berlin", "notUntilTime": AT,
    "hours": [{"weekday": "sunday", "startMinute": 1080, "endMinute": 1440}],
}  # fmt: skip
SEATS = [
    Route(
        "PUT", "/v1/conversations/v1/acceptance", f"{SERVICE}/AcceptConversation",
        api.AcceptConversationRequest(conversation_id="v1"),
        api.AcceptConversationResponse(conversation=CONVERSATION), CONVERSATION_JSON,
    ),
    Route(
        "DELETE", "/v1/conversations/v1/acceptance", f"{SERVICE}/DeclineConversation",
        api.DeclineConversationRequest(conversation_id="v1"), api.DeclineConversationResponse(),
        None, status=204,
    ),
    Route(
        "PUT", "/v1/conversations/v1/mute", f"{SERVICE}/MuteConversation",
        api.MuteConversationRequest(conversation_id="v1", until_time=stamp()),
        api.MuteConversationResponse(conversation=CONVERSATION), CONVERSATION_JSON,
        body={"untilTime": "2026-01-01T01:00:00.007+01:00"},
    ),
    Route(
        "DELETE", "/v1/conversations/v1/mute", f"{SERVICE}/UnmuteConversation",
        api.UnmuteConversationRequest(conversation_id="v1"),
        api.UnmuteConversationResponse(conversation=CONVERSATION), CONVERSATION_JSON,
    ),
    Route(
        "DELETE", "/v1/conversations/v1/seat", f"{SERVICE}/LeaveConversation",
        api.LeaveConversationRequest(conversation_id="v1"), api.LeaveConversationResponse(),
        None, status=204,
    ),
    Route(
        "GET", "/v1/contact-rule", f"{RULES}/GetContactRule", contacts.GetContactRuleRequest(),
        contacts.GetContactRuleResponse(who_may_write=contacts.WHO_MAY_WRITE_CIRCLES),
        {"whoMayWrite": "circles"},
    ),
    Route(
        "PUT", "/v1/contact-rule", f"{RULES}/SetContactRule",
        contacts.SetContactRuleRequest(who_may_write=contacts.WHO_MAY_WRITE_NOBODY),
        contacts.SetContactRuleResponse(who_may_write=contacts.WHO_MAY_WRITE_NOBODY),
        {"whoMayWrite": "nobody"}, body={"whoMayWrite": "nobody"},
    ),
    Route(
        "GET", f"/v1/blocks?{QUERY}", f"{RULES}/ListBlocks", contacts.ListBlocksRequest(**PAGE),
        contacts.ListBlocksResponse(
            blocks=[contacts.Block(member_id="b1", create_time=stamp())], next_page_token="t2"
        ),
        {"blocks": [{"memberId": "b1", "createTime": AT}], **NEXT},
    ),
    Route(
        "PUT", "/v1/blocks/b1", f"{RULES}/BlockMember",
        contacts.BlockMemberRequest(member_id="b1"), contacts.BlockMemberResponse(), None,
        status=204,
    ),
    Route(
        "DELETE", "/v1/blocks/b1", f"{RULES}/UnblockMember",
        contacts.UnblockMemberRequest(member_id="b1"), contacts.UnblockMemberResponse(), None,
        status=204,
    ),
    Route(
        "GET", "/v1/availability", f"{HOURS}/GetAvailability",
        availability.GetAvailabilityRequest(),
        availability.GetAvailabilityResponse(availability=SAID), SAID_JSON,
    ),
    Route(
        "PUT", "/v1/availability", f"{HOURS}/SetAvailability",
        availability.SetAvailabilityRequest(availability=SAID),
        availability.SetAvailabilityResponse(availability=SAID), SAID_JSON, body=SAID_JSON,
    ),
]  # fmt: skip
