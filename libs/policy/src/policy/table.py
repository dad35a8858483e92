"""The table of rules: every action that there is, and who may do it.

An action is the full name of an RPC, or one of the gateway's own doors. What an account may do
besides is bounded for all of them alike: nothing of another network is there for it (`decide`).
A list holds only what belongs to the network (or, where the rule says "her own", to the caller):
the service reads through the caller's network and id and knows no other way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policy.decision import Answer
from policy.rules import Always, Both, Everywhere, Own, OwnOr, Roles, Rule, TakesPart, Tied

STREAM: Final = "/gateway/Stream"
"""The WebSocket: being told what is new. What a device missed is asked for in its member's name."""
DELIVER: Final = "/kith.messaging.v1.DeliveryService/Deliver"
"""What gateways are told what is new by. It shows nothing by itself: who opens it must be a service
that delivers, and each member it subscribes is decided as on STREAM."""
DOCS: Final = "/gateway/Docs"
"""The description of REST, as JSON and as pages."""
AVATARS: Final = "/gateway/Avatars"
"""The pictures members choose from; they say nothing of anybody."""
FIELD: Final[Mapping[str, str]] = {
    shown: f"/identity/ProfileField/{shown}"
    for shown in ("only_me", "connections", "circles", "network")
}
"""Seeing a field of a profile, by whom its owner shows it to; decided within GetProfile."""
RECORDS: Final = "/kith.export.v1.RecordService/ListRecords"
"""What identity asks every service for an export: without a door to the outside."""

PUBLIC: Final = Always("everybody")
ACCOUNT: Final = Always("any account, about itself or its network")
# Who lives in the network. A sponsor's analyst reads reports and a platform operator opens
# networks: neither sits among peers.
MEMBER: Final = Roles(
    "member", "mentor", "moderator", "care_team", "network_admin", text="who lives in the network"
)
ADMIN: Final = Roles("network_admin")
PLATFORM_OPERATOR: Final = "platform_operator"
OPERATOR: Final = Roles(PLATFORM_OPERATOR)
ADMIN_OR_OPERATOR: Final = Everywhere(PLATFORM_OPERATOR, "network_admin")
CARE: Final = Roles("care_team", "network_admin")
SAFETY: Final = Roles("moderator", "care_team")
OWN_OR_ADMIN_BLINDLY: Final = OwnOr("network_admin", shows=False)
OWN_OR_STAFF: Final = OwnOr("care_team", "moderator", "network_admin")
OWN_OR_ADMIN: Final = OwnOr("network_admin")
OWN_OR_CARE: Final = OwnOr("care_team", "network_admin")
TALKING: Final = Both(MEMBER, TakesPart("who takes part in the conversation", Answer.HIDE))
IN_CIRCLE: Final = Both(MEMBER, TakesPart("who is in the circle", Answer.JOIN))
OWN: Final = Both(MEMBER, Own())
CONNECTED: Final = Both(MEMBER, Tied("her own, or connected with her", "connected"))
NEAR: Final = Both(
    MEMBER, Tied("her own, or connected or in a circle with her", "connected", "circle")
)


def _of(service: str, **rules: Rule) -> dict[str, Rule]:
    return {f"/{service}/{method}": rule for method, rule in rules.items()}


TABLE: Final[Mapping[str, Rule]] = {
    STREAM: MEMBER,
    DOCS: PUBLIC,
    AVATARS: PUBLIC,
    FIELD["only_me"]: OWN,
    FIELD["connections"]: CONNECTED,
    FIELD["circles"]: NEAR,
    FIELD["network"]: MEMBER,
    **_of("kith.identity.v1.NetworkService", CreateNetwork=OPERATOR, GetNetwork=ACCOUNT),
    **_of("kith.identity.v1.NetworkSettingsService", LookUpNetwork=PUBLIC, UpdateNetwork=ADMIN),
    **_of(
        "kith.identity.v1.JoiningService",
        Apply=PUBLIC,
        CompleteApplication=PUBLIC,
        ListApplications=ADMIN,
        ApproveApplication=ADMIN,
        DeclineApplication=ADMIN,
        ListInvites=ADMIN,
        RevokeInvite=ADMIN,
    ),
    **_of(
        "kith.identity.v1.RosterService",
        AddEligible=ADMIN,
        RemoveEligible=ADMIN,
        CountEligible=ADMIN,
    ),
    **_of(
        "kith.identity.v1.RecoveryService",
        RequestPasswordReset=PUBLIC,
        ResetPassword=PUBLIC,
        RequestEmailVerification=ACCOUNT,
        ChangeEmail=ACCOUNT,
        VerifyEmail=PUBLIC,
    ),
    **_of("kith.identity.v1.InviteService", CreateInvite=ADMIN),
    **_of(
        "kith.identity.v1.AccountService",
        Register=PUBLIC,
        GetAccount=OWN_OR_STAFF,
        ListAccounts=ADMIN,
        UpdateRoles=ADMIN,
        ImportAccounts=ADMIN,
    ),
    **_of("kith.identity.v1.SessionService", CreateSession=PUBLIC, GetJwks=PUBLIC),
    **_of(
        "kith.identity.v1.DeviceService",
        RefreshSession=PUBLIC,
        ListSessions=ACCOUNT,
        DeleteSession=ACCOUNT,
        DeleteSessions=OWN_OR_ADMIN_BLINDLY,
    ),
    **_of(
        "kith.identity.v1.TotpService",
        CreateTotp=ACCOUNT,
        ConfirmTotp=ACCOUNT,
        GetTotp=ACCOUNT,
        DeleteTotp=ACCOUNT,
    ),
    **_of("kith.identity.v1.ConsentService", ListConsents=ACCOUNT, SetConsent=ACCOUNT),
    **_of(
        "kith.identity.v1.ConsentRecordService",
        ListConsentTexts=PUBLIC,
        ListConsentRecords=ACCOUNT,
        GetConsentReceipt=ACCOUNT,
    ),
    **_of(
        "kith.identity.v1.ErasureService",
        RequestErasure=OWN_OR_ADMIN,
        CancelErasure=OWN_OR_ADMIN,
        GetErasure=OWN_OR_CARE,
        HoldErasure=ADMIN,
        ReleaseErasure=ADMIN,
        AllowErasure=CARE,
    ),
    **_of(
        "kith.identity.v1.HoldService",
        PlaceHold=ADMIN_OR_OPERATOR,
        LiftHold=ADMIN_OR_OPERATOR,
        ListHolds=ADMIN,
    ),
    **_of(
        "kith.identity.v1.ExportService",
        CreateExport=ACCOUNT,
        GetExport=ACCOUNT,
        DeleteExport=ACCOUNT,
        ReadExport=ACCOUNT,
    ),
    RECORDS: ACCOUNT,
    **_of(
        "kith.identity.v1.AuditService",
        ListAccesses=ACCOUNT,
        ListAuditEntries=ADMIN,
        VerifyAudit=ADMIN,
    ),
    **_of(
        "kith.identity.v1.PasskeyService",
        BeginPasskey=ACCOUNT,
        CreatePasskey=ACCOUNT,
        ListPasskeys=ACCOUNT,
        RenamePasskey=ACCOUNT,
        DeletePasskey=ACCOUNT,
        BeginPasskeySession=PUBLIC,
        CreatePasskeySession=PUBLIC,
    ),
    **_of(
        "kith.identity.v1.RoleService",
        GetRoles=OWN_OR_ADMIN,
        GrantRole=ADMIN,
        RevokeRole=ADMIN,
        AwardBadge=ADMIN,
        WithdrawBadge=ADMIN,
    ),
    **_of(
        "kith.identity.v1.ProfileService",
        GetProfile=MEMBER,
        InspectProfile=OWN_OR_ADMIN,
        UpdateProfile=MEMBER,
        SuggestHandles=PUBLIC,
    ),
    **_of(
        "kith.community.v1.CircleService",
        CreateCircle=ADMIN,
        ListCircles=MEMBER,
        JoinCircle=MEMBER,
        LeaveCircle=MEMBER,
    ),
    **_of(
        "kith.community.v1.ConnectionService",
        RequestConnection=MEMBER,
        AcceptConnection=MEMBER,
        DeleteConnection=MEMBER,
        ListConnections=MEMBER,
    ),
    **_of(
        "kith.community.v1.PostService",
        CreatePost=IN_CIRCLE,
        ListPosts=IN_CIRCLE,
        CreateComment=IN_CIRCLE,
        ListComments=IN_CIRCLE,
        ListHomeFeed=MEMBER,
        ListPostPreviews=MEMBER,
    ),
    **_of(
        "kith.community.v1.ResourceService",
        CreateResource=ADMIN,
        WithdrawResource=ADMIN,
        GetResource=MEMBER,
        ListResources=MEMBER,
        ListResourcePreviews=MEMBER,
    ),
    **_of(
        "kith.community.v1.CaseService",
        OpenCase=SAFETY,
        ClaimCase=SAFETY,
        CloseCase=SAFETY,
        ListCases=SAFETY,
    ),
    **_of(
        "kith.messaging.v1.ConversationService",
        CreateConversation=MEMBER,
        GetConversation=TALKING,
        ListConversations=MEMBER,
    ),
    **_of(
        "kith.messaging.v1.MessageService",
        SendMessage=TALKING,
        ListMessages=TALKING,
        ImportMessages=ADMIN,
    ),
    DELIVER: PUBLIC,
    **_of(
        "kith.messaging.v1.SeatService",
        AcceptConversation=TALKING,
        DeclineConversation=TALKING,
        MuteConversation=TALKING,
        UnmuteConversation=TALKING,
        LeaveConversation=TALKING,
    ),
    **_of(
        "kith.messaging.v1.GroupService",
        CreateGroup=MEMBER,
        RenameGroup=TALKING,
        InviteMembers=TALKING,
        RemoveMember=TALKING,
        AddHost=TALKING,
        CreateRoom=MEMBER,
    ),
    **_of(
        "kith.messaging.v1.ContactService",
        GetContactRule=MEMBER,
        SetContactRule=MEMBER,
        BlockMember=MEMBER,
        UnblockMember=MEMBER,
        ListBlocks=MEMBER,
    ),
    **_of(
        "kith.messaging.v1.AvailabilityService",
        GetAvailability=MEMBER,
        SetAvailability=MEMBER,
    ),
    **_of("kith.messaging.v1.PresenceService", GetPresence=MEMBER, SetPresence=MEMBER),
    **_of(
        "kith.messaging.v1.WordsService",
        EditMessage=OWN,
        DeleteMessage=OWN,
        AddReaction=TALKING,
        RemoveReaction=TALKING,
        SearchMessages=MEMBER,
        ListChangedMessages=MEMBER,
    ),
    **_of("kith.messaging.v1.ReportService", CreateReport=TALKING),
    **_of(
        "kith.messaging.v1.ReceiptService",
        MovePosition=TALKING,
        GetUnread=MEMBER,
        GetReceiptChoice=MEMBER,
        SetReceiptChoice=MEMBER,
    ),
    **_of(
        "kith.programs.v1.ProgramService",
        CreateProgram=ADMIN,
        ListPrograms=MEMBER,
        CreateCohort=ADMIN,
    ),
    **_of(
        "kith.programs.v1.EnrollmentService",
        EnrollMembers=ADMIN,
        ListEnrollments=MEMBER,
        MarkStepDone=OWN,
    ),
    **_of(
        "kith.outcomes.v1.ResponseService",
        ListInstruments=MEMBER,
        CreateResponse=MEMBER,
        ListResponses=MEMBER,
    ),
    **_of(
        "kith.signals.v1.SignalService",
        GetMemberSignal=OWN_OR_CARE,
        ListMemberSignals=CARE,
        ListCoursePoints=OWN_OR_CARE,
        GetProgress=CARE,
    ),
}
