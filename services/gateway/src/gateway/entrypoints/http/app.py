"""All of REST in one table, and the ASGI application that serves it."""

from __future__ import annotations

from collections.abc import Sequence

from common.auth import Verifier
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from gateway.adapters.clients import Services
from gateway.entrypoints.http import (
    accounts,
    circles,
    cohorts,
    comments,
    consents,
    conversations,
    courses,
    devices,
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
    totp,
)
from gateway.entrypoints.http.problems import MAX_BODY_BYTES, answer
from gateway.entrypoints.http.request import KithRequest, signed_in

# Needs no token: here one is got, or the keys that verify it.
PUBLIC: Sequence[HTTPRouteHandler] = (
    sessions.create_session, devices.refresh_session, registrations.register, keys.get_keys,
)  # fmt: skip
# Needs a token; whose may do what is for the services to say.
MEMBERS: Sequence[HTTPRouteHandler] = (
    networks.create_network, networks.get_network, invites.create_invite,
    accounts.list_accounts, accounts.get_own_account, accounts.get_account, accounts.update_roles,
    devices.list_sessions, devices.delete_session, devices.delete_sessions,
    devices.delete_sessions_of,
    totp.create_totp, totp.confirm_totp, totp.get_totp, totp.delete_totp,
    consents.list_consents, consents.set_consent,
    circles.create_circle, circles.list_circles, circles.join_circle,
    posts.create_post, posts.list_posts, feed.list_home_feed,
    comments.create_comment, comments.list_comments,
    conversations.create_conversation, conversations.list_conversations,
    conversations.get_conversation, messages.send_message, messages.list_messages,
    programs.create_program, programs.list_programs, cohorts.create_cohort,
    enrollments.enroll_members, enrollments.list_enrollments, enrollments.mark_step_done,
    instruments.list_instruments, responses.create_response, responses.list_responses,
    signals.list_signals, signals.get_progress, signals.get_own_signal, signals.get_signal,
    courses.list_own_course, courses.list_course,
)  # fmt: skip


def rest(services: Services, verifier: Verifier) -> Litestar:
    """The application behind /v1, /openapi.json and /docs."""
    # One router for both, since an address may have a public method beside others.
    open_to_all = {handler.fn for handler in PUBLIC}
    handlers = [*PUBLIC, *MEMBERS]
    members = Router("/", before_request=signed_in(verifier, open_to_all), route_handlers=handlers)
    document = openapi.document(PUBLIC, MEMBERS)
    return Litestar(
        route_handlers=[members, *docs.pages(document)],
        request_class=KithRequest,
        return_dto=None,
        exception_handlers={Exception: answer},
        request_max_body_size=MAX_BODY_BYTES,
        state=State({"services": services}),
        openapi_config=None,
        logging_config=None,
    )
