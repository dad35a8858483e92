"""All of REST in one table, and the ASGI application that serves it."""

from __future__ import annotations

from collections.abc import Mapping

from common.auth import Verifier
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from policy import NOBODY, decide
from policy.table import DOCS

from gateway.adapters.clients import Services
from gateway.entrypoints.http import (
    accounts,
    circles,
    cohorts,
    comments,
    consents,
    conversations,
    courses,
    docs,
    enrollments,
    feed,
    instruments,
    invites,
    keys,
    messages,
    networks,
    openapi,
    posts,
    programs,
    registrations,
    responses,
    sessions,
    signals,
)
from gateway.entrypoints.http.problems import MAX_BODY_BYTES, answer
from gateway.entrypoints.http.request import KithRequest, signed_in

_IDENTITY, _COMMUNITY = "/kith.identity.v1.", "/kith.community.v1."
_MESSAGING, _PROGRAMS = "/kith.messaging.v1.", "/kith.programs.v1."
_OUTCOMES, _SIGNALS = "/kith.outcomes.v1.", "/kith.signals.v1."
# Every route, and the action of the policy that it is.
ROUTES: Mapping[HTTPRouteHandler, str] = {
    sessions.create_session: _IDENTITY + "SessionService/CreateSession",
    registrations.register: _IDENTITY + "AccountService/Register",
    keys.get_keys: _IDENTITY + "SessionService/GetJwks",
    networks.create_network: _IDENTITY + "NetworkService/CreateNetwork",
    networks.get_network: _IDENTITY + "NetworkService/GetNetwork",
    invites.create_invite: _IDENTITY + "InviteService/CreateInvite",
    accounts.list_accounts: _IDENTITY + "AccountService/ListAccounts",
    accounts.get_own_account: _IDENTITY + "AccountService/GetAccount",
    accounts.get_account: _IDENTITY + "AccountService/GetAccount",
    accounts.update_roles: _IDENTITY + "AccountService/UpdateRoles",
    consents.list_consents: _IDENTITY + "ConsentService/ListConsents",
    consents.set_consent: _IDENTITY + "ConsentService/SetConsent",
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


def rest(services: Services, verifier: Verifier) -> Litestar:
    """The application behind /v1, /openapi.json and /docs."""
    public = [route for route, action in ROUTES.items() if _is_public(action)]
    members = [route for route in ROUTES if route not in public]
    actions = {route.handler_name: action for route, action in ROUTES.items()}
    hook = signed_in(verifier, actions)
    pages = docs.pages(openapi.document(public, members)) if _is_public(DOCS) else ()
    return Litestar(
        route_handlers=[
            *public,
            Router("/", before_request=hook, route_handlers=members),
            *pages,
        ],
        request_class=KithRequest,
        return_dto=None,
        exception_handlers={Exception: answer},
        request_max_body_size=MAX_BODY_BYTES,
        state=State({"services": services}),
        openapi_config=None,
        logging_config=None,
    )


def _is_public(action: str) -> bool:
    return decide(NOBODY, action).allowed
