"""One good request for every route of REST, and what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from common.ids import new_id
from gateway.entrypoints.http.actions import ACTIONS

from tests.integration.policy_cases import (
    WHEN,
    Case,
    begin_no_factor,
    refresh_token,
    route,
)
from tests.integration.policy_doors import Doors, Heard
from tests.integration.policy_world import (
    LONELY,
    PASSWORD,
    STEP,
    Things,
    anas,
    between,
    fresh,
    her_own,
    here,
    inside,
)

TOTP = "/v1/accounts/me/totp"
STEPS = [{"id": STEP, "week": 1, "kind": "discussion", "title": "Hello"}]
LATER = "?asOfTime=2096-10-02T07:06:40Z"


def routes() -> Iterator[Case]:
    """Every route of the gateway."""
    yield from _accounts()
    yield from _joining()
    yield from _recovery()
    yield from _talk()
    yield from _care()


def _accounts() -> Iterator[Case]:
    yield route(
        "create_session",
        "POST",
        "/v1/sessions",
        body=lambda t: {"network": t.slug, "email": f"ben@{t.slug}.example", "password": PASSWORD},
    )
    yield from _devices()
    yield route("register", "POST", "/v1/registrations", body=_registration)
    yield route("get_keys", "GET", "/.well-known/jwks.json")
    yield route(
        "create_network",
        "POST",
        "/v1/networks",
        body=lambda _: {"slug": fresh("n"), "displayName": "New"},
    )
    yield route("get_network", "GET", "/v1/network")
    yield route(
        "look_up_network", "POST", "/v1/networks/lookup", body=lambda t: {"inviteCode": t.invite}
    )
    yield route("update_network", "PATCH", "/v1/network", body=lambda _: {"locale": "en"})
    yield route("create_invite", "POST", "/v1/invites", body=lambda _: {})
    yield route("list_accounts", "GET", "/v1/accounts")
    yield route("get_own_account", "GET", "/v1/accounts/me", her_own)
    yield route("get_account", "GET", "/v1/accounts/{ana}", anas)
    yield route(
        "update_roles", "PUT", "/v1/accounts/{dora}/roles", here, lambda _: {"roles": ["member"]}
    )
    leaving = "/v1/accounts/{ana}/erasure", "/v1/accounts/{dora}/erasure/hold"
    yield route("request_erasure", "PUT", leaving[0], anas)
    yield route("get_erasure", "GET", leaving[0], anas)
    yield route("cancel_erasure", "DELETE", leaving[0], anas)
    yield route("hold_erasure", "PUT", leaving[1], here, lambda _: {"reason": "dispute"})
    yield route("release_erasure", "DELETE", leaving[1], here)
    export = "/v1/accounts/me/export"
    yield route("create_export", "POST", export)
    yield route("get_export", "GET", export)
    yield route("get_archive", "GET", f"{export}/archive")
    yield route("delete_export", "DELETE", export)
    yield route("list_own_accesses", "GET", "/v1/accounts/me/accesses")
    yield route("list_audit_entries", "GET", "/v1/audit")
    yield route("verify_audit", "GET", "/v1/audit/verification")
    yield route("list_consents", "GET", "/v1/consents")
    yield route("set_consent", "PUT", "/v1/consents/signals",
                body=lambda _: {"granted": True})  # fmt: skip
    yield route("list_consent_texts", "GET", "/v1/consent-texts")
    yield route("list_consent_records", "GET", "/v1/accounts/me/consents")
    yield Case(
        "GET /v1/accounts/me/consents/…/receipt", ACTIONS["get_consent_receipt"], None, _receipt
    )


def _receipt(doors: Doors, token: str | None, _: Things) -> Heard:
    """Of her first decision, if she made any; nobody else's can be named."""
    listed = doors.rest("GET", "/v1/accounts/me/consents", None, token)
    found = re.findall(rb'"id":"([-0-9a-f]+)"', listed.content)
    record_id = found[-1].decode() if found else str(new_id())
    return doors.rest("GET", f"/v1/accounts/me/consents/{record_id}/receipt", None, token)


def _recovery() -> Iterator[Case]:
    def address() -> str:
        return f"{fresh('f')}@x.example"

    yield route(
        "request_password_reset", "POST", "/v1/password-resets",
        body=lambda t: {"network": t.slug, "email": address()},
    )  # fmt: skip
    yield route(
        "reset_password", "POST", "/v1/password-resets/completion",
        body=lambda _: {"token": "no", "password": PASSWORD},
    )  # fmt: skip
    yield route("verify_email", "POST", "/v1/email-verifications", body=lambda _: {"token": "no"})
    yield route("request_email_verification", "POST", "/v1/accounts/me/email/verification")
    yield route(
        "change_email", "POST", "/v1/accounts/me/email",
        body=lambda _: {"email": address(), "password": PASSWORD},
    )  # fmt: skip


def _joining() -> Iterator[Case]:
    known = {"eligible": [{"memberNumber": "K1234567", "birthDate": "1990-02-28"}]}
    yield route("apply", "POST", "/v1/applications", body=_application)
    yield route(
        "complete_application", "POST", "/v1/applications/completion",
        body=lambda _: {"token": "no", "handle": fresh("q"), "password": PASSWORD},
    )  # fmt: skip
    yield route("list_applications", "GET", "/v1/applications")
    yield route("approve_application", "PUT", "/v1/applications/{dora}/approval", here)
    yield route(
        "decline_application", "PUT", "/v1/applications/{dora}/refusal", here,
        lambda _: {"reason": "full"},
    )  # fmt: skip
    yield route("list_invites", "GET", "/v1/invites")
    yield route("revoke_invite", "DELETE", "/v1/invites/{spare}", here)
    yield route("add_eligible", "POST", "/v1/eligibility", body=lambda _: known)
    yield route("remove_eligible", "POST", "/v1/eligibility/removal", body=lambda _: known)
    yield route("count_eligible", "GET", "/v1/eligibility")


def _application(things: Things) -> Any:
    return {"network": things.slug, "email": f"{fresh('q')}@example.org"}


def _devices() -> Iterator[Case]:
    def refreshing(doors: Doors, token: str | None, things: Things) -> Heard:
        body = {"refreshToken": refresh_token(doors, things)}
        return doors.rest("POST", "/v1/sessions/refresh", body, token)

    def confirming(doors: Doors, token: str | None, _: Things) -> Heard:
        begin_no_factor(doors, token)
        return doors.rest("POST", f"{TOTP}/confirmation", {"code": "000000"}, token)

    yield Case("POST /v1/sessions/refresh", ACTIONS["refresh_session"], None, refreshing)
    yield route("list_sessions", "GET", "/v1/sessions")
    yield route("delete_session", "DELETE", f"/v1/sessions/{new_id()}")
    yield route("delete_sessions", "DELETE", "/v1/sessions", her_own)
    yield route("delete_sessions_of", "DELETE", "/v1/accounts/{ana}/sessions", anas)
    yield route("create_totp", "POST", TOTP, body=lambda _: {"password": PASSWORD})
    yield Case(f"POST {TOTP}/confirmation", ACTIONS["confirm_totp"], None, confirming)
    yield route("get_totp", "GET", TOTP)
    yield route("delete_totp", "POST", f"{TOTP}/removal", body=lambda _: {"password": PASSWORD})


def _talk() -> Iterator[Case]:
    yield route("create_circle", "POST", "/v1/circles", body=lambda _: {"displayName": "New"})
    yield route("list_circles", "GET", "/v1/circles")
    yield route("join_circle", "PUT", "/v1/circles/{open_circle}/membership", here)
    yield route(
        "create_post",
        "POST",
        "/v1/circles/{circle}/posts",
        inside,
        lambda _: {"intent": "share", "text": "Hello"},
    )
    yield route("list_posts", "GET", "/v1/circles/{circle}/posts", inside)
    yield route("list_home_feed", "GET", "/v1/feed")
    yield route(
        "create_comment", "POST", "/v1/posts/{post}/comments", inside, lambda _: {"text": "Hello"}
    )
    yield route("list_comments", "GET", "/v1/posts/{post}/comments", inside)
    yield route("list_previews", "GET", "/v1/previews?postId={post}&resourceId={resource}")
    yield route(
        "create_conversation", "POST", "/v1/conversations", here, lambda t: {"memberId": t.ben}
    )
    yield route("list_conversations", "GET", "/v1/conversations")
    yield route("get_conversation", "GET", "/v1/conversations/{talk}", between)
    yield route(
        "send_message",
        "POST",
        "/v1/conversations/{talk}/messages",
        between,
        lambda _: {"clientMessageId": fresh("m"), "text": "Hello"},
    )
    yield route("list_messages", "GET", "/v1/conversations/{talk}/messages",
                between)  # fmt: skip


def _care() -> Iterator[Case]:
    yield route(
        "create_program",
        "POST",
        "/v1/programs",
        body=lambda _: {"displayName": "New", "weeks": 1, "steps": STEPS},
    )
    yield route("list_programs", "GET", "/v1/programs")
    yield route(
        "create_cohort",
        "POST",
        "/v1/programs/{program}/cohorts",
        here,
        lambda _: {"displayName": "New", "startTime": WHEN},
    )
    yield route(
        "enroll_members",
        "POST",
        "/v1/cohorts/{cohort}/enrollments",
        here,
        lambda t: {"memberIds": [t.dora]},
    )
    yield route("list_enrollments", "GET", "/v1/enrollments")
    yield route("mark_step_done", "PUT", f"/v1/enrollments/{{enrollment}}/steps/{STEP}", anas)
    yield route("list_instruments", "GET", "/v1/instruments")
    yield route(
        "create_response",
        "POST",
        "/v1/responses",
        body=lambda _: {"instrumentId": "ucla-3", "answers": LONELY},
    )
    yield route("list_responses", "GET", "/v1/responses")
    yield route("list_signals", "GET", "/v1/signals")
    yield route("get_progress", "GET", "/v1/signals/progress")
    yield route("get_own_signal", "GET", f"/v1/signals/me{LATER}", her_own)
    yield route("get_signal", "GET", f"/v1/signals/{{ana}}{LATER}", anas)
    yield route("list_own_course", "GET", "/v1/signals/me/course", her_own)
    yield route("list_course", "GET", "/v1/signals/{ana}/course", anas)  # fmt: skip


def _registration(things: Things) -> Any:
    name = fresh("r")
    return {
        "inviteCode": things.invite, "handle": name, "email": f"{name}@example.org",
        "password": PASSWORD, "serviceTextVersion": 1,
    }  # fmt: skip
