"""One good request for every door of groups and rooms.

The group is ana's, ben is in it, and dora never is; ana and cat are in the circle `meeting`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kith.messaging.v1 import group_service_pb2 as api

from tests.integration.policy_cases import Case, route, rpc
from tests.integration.policy_world import between, fresh, here

GROUP = "/v1/groups/{group}"


def group_rpcs() -> Iterator[Case]:
    """Asked of messaging itself."""
    v1 = "messaging.v1.GroupService/"
    yield rpc(
        v1 + "CreateGroup",
        lambda t: api.CreateGroupRequest(
            client_group_id=fresh("g"), title=f"Ours {t.slug}", member_ids=[t.ben]
        ),
        here,
    )
    yield rpc(
        v1 + "RenameGroup",
        lambda t: api.RenameGroupRequest(conversation_id=t.group, title=f"Ours {t.slug}"),
        between,
    )
    yield rpc(
        v1 + "InviteMembers",
        lambda t: api.InviteMembersRequest(conversation_id=t.group, member_ids=[t.ben]),
        between,
    )
    yield rpc(
        v1 + "RemoveMember",
        lambda t: api.RemoveMemberRequest(conversation_id=t.group, member_id=t.dora),
        between,
    )
    yield rpc(
        v1 + "AddHost",
        lambda t: api.AddHostRequest(conversation_id=t.group, member_id=t.ben),
        between,
    )
    yield rpc(v1 + "CreateRoom", lambda t: api.CreateRoomRequest(circle_id=t.meeting), here)


def group_routes() -> Iterator[Case]:
    """Asked of the gateway."""
    yield route(
        "create_group", "POST", "/v1/groups", here,
        lambda t: {
            "clientGroupId": fresh("g"), "title": f"Ours {t.slug}", "memberIds": [t.ben],
        },
    )  # fmt: skip
    yield route("rename_group", "PATCH", GROUP, between, lambda t: {"title": f"Ours {t.slug}"})
    yield route(
        "invite_members", "POST", f"{GROUP}/invitations", between, lambda t: {"memberIds": [t.ben]}
    )
    yield route("remove_member", "DELETE", f"{GROUP}/members/{{dora}}", between)
    yield route("add_host", "PUT", f"{GROUP}/hosts/{{ben}}", between)
    yield route("create_room", "PUT", "/v1/circles/{meeting}/room", here)
