"""The routes of groups and rooms, each with one good request."""

from __future__ import annotations

from kith.messaging.v1 import group_service_pb2 as api
from kith.messaging.v1 import messaging_pb2

from services.gateway.tests.builders import AT, READING, READING_JSON, Json, Route, stamp

SERVICE = "/kith.messaging.v1.GroupService/"
GROUP = messaging_pb2.Conversation(
    id="g1", member_ids=["a1", "b1"], last_sequence=9, create_time=stamp(), reading=READING,
    state=messaging_pb2.CONVERSATION_STATE_OPEN, kind=messaging_pb2.CONVERSATION_KIND_GROUP,
    title="Wednesdays 🌱", host_ids=["a1"], first_sequence=4, invited_ids=["c1"],
)  # fmt: skip
GROUP_JSON: Json = {
    "id": "g1", "memberIds": ["a1", "b1"], "lastSequence": 9, "createTime": AT, "state": "open",
    "muted": False, "available": False, "reading": READING_JSON, "kind": "group",
    "title": "Wednesdays 🌱", "hostIds": ["a1"], "firstSequence": 4, "invitedIds": ["c1"],
}  # fmt: skip
ROOM = messaging_pb2.Conversation(
    id="r1", member_ids=["a1"], last_sequence=1, create_time=stamp(), reading=READING,
    state=messaging_pb2.CONVERSATION_STATE_OPEN, kind=messaging_pb2.CONVERSATION_KIND_ROOM,
    circle_id="c1", first_sequence=1,
)  # fmt: skip
ROOM_JSON: Json = {
    "id": "r1", "memberIds": ["a1"], "lastSequence": 1, "createTime": AT, "state": "open",
    "muted": False, "available": False, "reading": READING_JSON, "kind": "room", "circleId": "c1",
    "firstSequence": 1,
}  # fmt: skip
GROUPS: list[Route] = [
    Route(
        "POST", "/v1/groups", SERVICE + "CreateGroup",
        api.CreateGroupRequest(client_group_id="x", title="Wednesdays 🌱", member_ids=["c1"]),
        api.CreateGroupResponse(conversation=GROUP), GROUP_JSON,
        body={"clientGroupId": "x", "title": "Wednesdays 🌱", "memberIds": ["c1"]}, status=201,
    ),
    Route(
        "PATCH", "/v1/groups/g1", SERVICE + "RenameGroup",
        api.RenameGroupRequest(conversation_id="g1", title="Wednesdays 🌱"),
        api.RenameGroupResponse(conversation=GROUP), GROUP_JSON, body={"title": "Wednesdays 🌱"},
    ),
    Route(
        "POST", "/v1/groups/g1/invitations", SERVICE + "InviteMembers",
        api.InviteMembersRequest(conversation_id="g1", member_ids=["c1", "d1"]),
        api.InviteMembersResponse(conversation=GROUP), GROUP_JSON,
        body={"memberIds": ["c1", "d1"]}, status=201,
    ),
    Route(
        "DELETE", "/v1/groups/g1/members/c1", SERVICE + "RemoveMember",
        api.RemoveMemberRequest(conversation_id="g1", member_id="c1"),
        api.RemoveMemberResponse(conversation=GROUP), GROUP_JSON,
    ),
    Route(
        "PUT", "/v1/groups/g1/hosts/b1", SERVICE + "AddHost",
        api.AddHostRequest(conversation_id="g1", member_id="b1"),
        api.AddHostResponse(conversation=GROUP), GROUP_JSON,
    ),
    Route(
        "PUT", "/v1/circles/c1/room", SERVICE + "CreateRoom",
        api.CreateRoomRequest(circle_id="c1"), api.CreateRoomResponse(conversation=ROOM),
        ROOM_JSON,
    ),
]  # fmt: skip
