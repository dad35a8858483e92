"""Every route of REST, and the action of the policy that it is."""

from __future__ import annotations

from collections.abc import Mapping

from litestar.handlers import HTTPRouteHandler
from policy import NOBODY, decide

from gateway.entrypoints.http import (
    accounts,
    audit,
    circles,
    cohorts,
    comments,
    consents,
    conversations,
    courses,
    devices,
    enrollments,
    erasures,
    feed,
    instruments,
    invites,
    keys,
    messages,
    networks,
    posts,
    profiles,
    programs,
    registrations,
    responses,
    roles,
    sessions,
    signals,
    totp,
)

_IDENTITY, _COMMUNITY = "/kith.identity.v1.", "/kith.community.v1."
_MESSAGING, _PROGRAMS = "/kith.messaging.v1.", "/kith.programs.v1."
_OUTCOMES, _SIGNALS = "/kith.outcomes.v1.", "/kith.signals.v1."
ROUTES: Mapping[HTTPRouteHandler, str] = {
    sessions.create_session: _IDENTITY + "SessionService/CreateSession",
    devices.refresh_session: _IDENTITY + "DeviceService/RefreshSession",
    devices.list_sessions: _IDENTITY + "DeviceService/ListSessions",
    devices.delete_session: _IDENTITY + "DeviceService/DeleteSession",
    devices.delete_sessions: _IDENTITY + "DeviceService/DeleteSessions",
    devices.delete_sessions_of: _IDENTITY + "DeviceService/DeleteSessions",
    totp.create_totp: _IDENTITY + "TotpService/CreateTotp",
    totp.confirm_totp: _IDENTITY + "TotpService/ConfirmTotp",
    totp.get_totp: _IDENTITY + "TotpService/GetTotp",
    totp.delete_totp: _IDENTITY + "TotpService/DeleteTotp",
    registrations.register: _IDENTITY + "AccountService/Register",
    keys.get_keys: _IDENTITY + "SessionService/GetJwks",
    networks.create_network: _IDENTITY + "NetworkService/CreateNetwork",
    networks.get_network: _IDENTITY + "NetworkService/GetNetwork",
    invites.create_invite: _IDENTITY + "InviteService/CreateInvite",
    accounts.list_accounts: _IDENTITY + "AccountService/ListAccounts",
    accounts.get_own_account: _IDENTITY + "AccountService/GetAccount",
    accounts.get_account: _IDENTITY + "AccountService/GetAccount",
    accounts.update_roles: _IDENTITY + "AccountService/UpdateRoles",
    audit.list_own_accesses: _IDENTITY + "AuditService/ListAccesses",
    audit.list_audit_entries: _IDENTITY + "AuditService/ListAuditEntries",
    audit.verify_audit: _IDENTITY + "AuditService/VerifyAudit",
    roles.get_roles: _IDENTITY + "RoleService/GetRoles",
    roles.grant_role: _IDENTITY + "RoleService/GrantRole",
    roles.revoke_role: _IDENTITY + "RoleService/RevokeRole",
    roles.award_badge: _IDENTITY + "RoleService/AwardBadge",
    roles.withdraw_badge: _IDENTITY + "RoleService/WithdrawBadge",
    profiles.get_own_profile: _IDENTITY + "ProfileService/GetProfile",
    profiles.update_profile: _IDENTITY + "ProfileService/UpdateProfile",
    profiles.get_profile: _IDENTITY + "ProfileService/GetProfile",
    profiles.inspect_profile: _IDENTITY + "ProfileService/InspectProfile",
    profiles.suggest_handles: _IDENTITY + "ProfileService/SuggestHandles",
    consents.list_consents: _IDENTITY + "ConsentService/ListConsents",
    consents.set_consent: _IDENTITY + "ConsentService/SetConsent",
    erasures.request_erasure: _IDENTITY + "ErasureService/RequestErasure",
    erasures.cancel_erasure: _IDENTITY + "ErasureService/CancelErasure",
    erasures.get_erasure: _IDENTITY + "ErasureService/GetErasure",
    erasures.hold_erasure: _IDENTITY + "ErasureService/HoldErasure",
    erasures.release_erasure: _IDENTITY + "ErasureService/ReleaseErasure",
    circles.create_circle: _COMMUNITY + "CircleService/CreateCircle",
    circles.list_circles: _COMMUNITY + "CircleService/ListCircles",
    circles.join_circle: _COMMUNITY + "CircleService/JoinCircle",
    posts.create_post: _COMMUNITY + "PostService/CreatePost",
    posts.list_posts: _COMMUNITY + "PostService/ListPosts",
    feed.list_home_feed: _COMMUNITY + "PostService/ListHomeFeed",
    comments.create_comment: _COMMUNITY + "PostService/CreateComment",
    comments.list_comments: _COMMUNITY + "PostService/ListComments",
    conversations.create_conversation: _MESSAGING + "ConversationService/CreateConversation",
    conversations.list_conversations: _MESSAGING + "ConversationService/ListConversations",
    conversations.get_conversation: _MESSAGING + "ConversationService/GetConversation",
    messages.send_message: _MESSAGING + "MessageService/SendMessage",
    messages.list_messages: _MESSAGING + "MessageService/ListMessages",
    programs.create_program: _PROGRAMS + "ProgramService/CreateProgram",
    programs.list_programs: _PROGRAMS + "ProgramService/ListPrograms",
    cohorts.create_cohort: _PROGRAMS + "ProgramService/CreateCohort",
    enrollments.enroll_members: _PROGRAMS + "EnrollmentService/EnrollMembers",
    enrollments.list_enrollments: _PROGRAMS + "EnrollmentService/ListEnrollments",
    enrollments.mark_step_done: _PROGRAMS + "EnrollmentService/MarkStepDone",
    instruments.list_instruments: _OUTCOMES + "ResponseService/ListInstruments",
    responses.create_response: _OUTCOMES + "ResponseService/CreateResponse",
    responses.list_responses: _OUTCOMES + "ResponseService/ListResponses",
    signals.list_signals: _SIGNALS + "SignalService/ListMemberSignals",
    signals.get_progress: _SIGNALS + "SignalService/GetProgress",
    signals.get_own_signal: _SIGNALS + "SignalService/GetMemberSignal",
    signals.get_signal: _SIGNALS + "SignalService/GetMemberSignal",
    courses.list_own_course: _SIGNALS + "SignalService/ListCoursePoints",
    courses.list_course: _SIGNALS + "SignalService/ListCoursePoints",
}
ACTIONS: Mapping[str, str] = {route.handler_name: action for route, action in ROUTES.items()}
"""By the handler's name, which is all that a hook is given."""


def is_public(action: str) -> bool:
    """Whether it needs no token."""
    return decide(NOBODY, action).allowed
