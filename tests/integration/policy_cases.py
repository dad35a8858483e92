"""One good request for every RPC and every route, and what it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from common.ids import new_id
from gateway.entrypoints.http.actions import ROUTES
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from identity.config import OTHERS
from kith.community.v1 import community_pb2, community_service_pb2
from kith.export.v1 import record_service_pb2
from kith.identity.v1 import (
    audit_service_pb2,
    consent_service_pb2,
    device_service_pb2,
    erasure_pb2,
    erasure_service_pb2,
    export_service_pb2,
    identity_pb2,
    identity_service_pb2,
    joining_service_pb2,
    network_service_pb2,
    recovery_service_pb2,
    totp_service_pb2,
)
from kith.messaging.v1 import messaging_pb2, messaging_service_pb2
from kith.outcomes.v1 import outcomes_service_pb2
from kith.programs.v1 import programs_pb2, programs_service_pb2
from kith.signals.v1 import signals_service_pb2
from policy import Actor, Answer, Facts

from tests.integration.policy_doors import Doors, Heard
from tests.integration.policy_world import (
    LONELY,
    PASSWORD,
    STEP,
    Things,
    anas,
    between,
    fresh,
    here,
    inside,
)

WHEN = "2026-03-02T00:00:00Z"
START = Timestamp(seconds=1_772_409_600)
Of = Callable[[Things, Actor], Facts]


@dataclass(frozen=True, slots=True)
class Case:
    """A call, the action of the policy that it is, and the facts it is about, if about anything."""

    name: str
    action: str
    about: Of | None
    knock: Callable[[Doors, str | None, Things], Heard] = field(repr=False)

    def __str__(self) -> str:
        return self.name


def rpc(
    action: str, build: Callable[[Things], Message | Sequence[Message]], about: Of | None = None,
    *, note: str = "", door: str = "",
) -> Case:  # fmt: skip
    """A call of a service, or through the gateway's gRPC door."""
    full = f"/kith.{action}"
    return Case(
        f"{door or 'rpc'} {action} {note}".strip(), full, about,
        lambda doors, token, things: doors.rpc(full, build(things), token, door),
    )  # fmt: skip


def route(
    handler: str, method: str, path: str, about: Of | None = None,
    body: Callable[[Things], Any] = lambda _: None,
) -> Case:  # fmt: skip
    """A request to the gateway; `{name}` in its path is a thing's id."""
    (action,) = (action for one, action in ROUTES.items() if one.handler_name == handler)
    return Case(
        f"{method} {path}", action, about,
        lambda doors, token, things: doors.rest(
            method, path.format(**asdict(things)), body(things), token
        ),
    )  # fmt: skip


def rpcs() -> Iterator[Case]:
    """Every RPC, asked of the service itself."""
    yield from _identity()
    yield from _joining()
    yield from _recovery()
    yield from _leaving()
    yield from _exporting()
    yield from _community()
    yield from _messaging()
    yield from _programs()
    yield from _outcomes_and_signals()


def _identity() -> Iterator[Case]:
    api, v1 = identity_service_pb2, "identity.v1."
    yield rpc(
        v1 + "NetworkService/CreateNetwork",
        lambda _: api.CreateNetworkRequest(slug=fresh("n"), display_name="New"),
    )
    yield rpc(v1 + "NetworkService/GetNetwork", lambda _: api.GetNetworkRequest())
    settings = network_service_pb2
    yield rpc(
        v1 + "NetworkSettingsService/LookUpNetwork",
        lambda t: settings.LookUpNetworkRequest(invite_code=t.invite),
    )
    yield rpc(
        v1 + "NetworkSettingsService/UpdateNetwork",
        lambda _: settings.UpdateNetworkRequest(
            network=identity_pb2.Network(locale="en"), update_mask=FieldMask(paths=["locale"])
        ),
    )
    yield rpc(v1 + "InviteService/CreateInvite", lambda _: api.CreateInviteRequest())
    yield rpc(
        v1 + "AccountService/Register",
        lambda t: api.RegisterRequest(
            invite_code=t.invite,
            handle=(name := fresh("r")),
            email=f"{name}@example.org",
            password=PASSWORD,
            service_text_version=1,
        ),
    )
    yield rpc(
        v1 + "AccountService/GetAccount", lambda t: api.GetAccountRequest(member_id=t.ana), anas
    )
    yield rpc(v1 + "AccountService/ListAccounts", lambda _: api.ListAccountsRequest())
    yield rpc(
        v1 + "AccountService/UpdateRoles",
        lambda t: api.UpdateRolesRequest(member_id=t.dora, roles=[identity_pb2.ROLE_MEMBER]),
        here,
    )
    for door in ("", "gateway"):
        yield rpc(v1 + "AccountService/ImportAccounts", lambda _: [accounts()], door=door)
    yield rpc(
        v1 + "SessionService/CreateSession",
        bens,
    )
    yield rpc(v1 + "SessionService/GetJwks", lambda _: api.GetJwksRequest())
    yield from _devices()
    log = audit_service_pb2
    yield rpc(v1 + "AuditService/ListAccesses", lambda _: log.ListAccessesRequest())
    yield rpc(v1 + "AuditService/ListAuditEntries", lambda _: log.ListAuditEntriesRequest())
    yield rpc(v1 + "AuditService/VerifyAudit", lambda _: log.VerifyAuditRequest())
    yield rpc(v1 + "ConsentService/ListConsents", lambda _: api.ListConsentsRequest())
    yield rpc(v1 + "ConsentService/SetConsent", lambda _: api.SetConsentRequest(
        purpose=identity_pb2.PURPOSE_SIGNALS, granted=True))  # fmt: skip
    yield from _consent_records()


def _consent_records() -> Iterator[Case]:
    api, v1 = consent_service_pb2, "identity.v1.ConsentRecordService/"

    def receipt(doors: Doors, token: str | None, _: Things) -> Heard:
        asked = api.ListConsentRecordsRequest()
        heard = doors.rpc(f"/kith.{v1}ListConsentRecords", asked, token)
        listed = api.ListConsentRecordsResponse()
        if heard.answer is Answer.ALLOW:
            listed.MergeFromString(heard.content)
        record_id = listed.records[-1].id if listed.records else str(new_id())
        wanted = api.GetConsentReceiptRequest(record_id=record_id)
        return doors.rpc(f"/kith.{v1}GetConsentReceipt", wanted, token)

    yield rpc(v1 + "ListConsentTexts", lambda _: api.ListConsentTextsRequest())
    yield rpc(v1 + "ListConsentRecords", lambda _: api.ListConsentRecordsRequest())
    yield Case(f"rpc {v1}GetConsentReceipt", f"/kith.{v1}GetConsentReceipt", None, receipt)


def _recovery() -> Iterator[Case]:
    """No link works here: what a good one does is not told apart by who holds it."""
    api, v1 = recovery_service_pb2, "identity.v1.RecoveryService/"
    yield rpc(
        v1 + "RequestPasswordReset",
        lambda t: api.RequestPasswordResetRequest(network=t.slug, email=f"{fresh('f')}@x.example"),
    )
    yield rpc(
        v1 + "ResetPassword", lambda _: api.ResetPasswordRequest(token="no", password=PASSWORD)
    )
    yield rpc(v1 + "RequestEmailVerification", lambda _: api.RequestEmailVerificationRequest())
    yield rpc(
        v1 + "ChangeEmail",
        lambda _: api.ChangeEmailRequest(email=f"{fresh('f')}@x.example", password=PASSWORD),
    )
    yield rpc(v1 + "VerifyEmail", lambda _: api.VerifyEmailRequest(token="no"))


def _joining() -> Iterator[Case]:
    """Dora is a member already; letting her in again changes nothing, and not doing so is late."""
    api, v1 = joining_service_pb2, "identity.v1.JoiningService/"
    known = [api.Eligible(member_number="K1234567", birth_date="1990-02-28")]
    reason = api.DECLINE_REASON_FULL
    yield rpc(
        v1 + "Apply",
        lambda t: api.ApplyRequest(network=t.slug, email=f"{fresh('q')}@example.org"),
    )
    yield rpc(
        v1 + "CompleteApplication",
        lambda _: api.CompleteApplicationRequest(token="no", handle="q", password=PASSWORD),
    )
    yield rpc(v1 + "ListApplications", lambda _: api.ListApplicationsRequest())
    yield rpc(
        v1 + "ApproveApplication",
        lambda t: api.ApproveApplicationRequest(member_id=t.dora),
        here,
    )
    yield rpc(
        v1 + "DeclineApplication",
        lambda t: api.DeclineApplicationRequest(member_id=t.dora, reason=reason),
        here,
    )
    yield rpc(v1 + "ListInvites", lambda _: api.ListInvitesRequest())
    yield rpc(v1 + "RevokeInvite", lambda t: api.RevokeInviteRequest(invite_id=t.spare), here)
    v1 = "identity.v1.RosterService/"
    yield rpc(v1 + "AddEligible", lambda _: api.AddEligibleRequest(eligible=known))
    yield rpc(v1 + "RemoveEligible", lambda _: api.RemoveEligibleRequest(eligible=known))
    yield rpc(v1 + "CountEligible", lambda _: api.CountEligibleRequest())


def _leaving() -> Iterator[Case]:
    """Ana asks and takes it back, in any order; dora is held and released. Nothing comes due."""
    api, v1 = erasure_service_pb2, "identity.v1.ErasureService/"
    yield rpc(v1 + "RequestErasure", lambda t: api.RequestErasureRequest(member_id=t.ana), anas)
    yield rpc(v1 + "GetErasure", lambda t: api.GetErasureRequest(member_id=t.ana), anas)
    yield rpc(v1 + "CancelErasure", lambda t: api.CancelErasureRequest(member_id=t.ana), anas)
    reason = erasure_pb2.HOLD_REASON_LEGAL_ORDER
    yield rpc(
        v1 + "HoldErasure", lambda t: api.HoldErasureRequest(member_id=t.dora, reason=reason), here
    )
    yield rpc(v1 + "ReleaseErasure", lambda t: api.ReleaseErasureRequest(member_id=t.dora), here)


def _exporting() -> Iterator[Case]:
    """Whoever has one already, asks too early or knows no secret was let in all the same."""
    api, v1 = export_service_pb2, "identity.v1.ExportService/"
    yield rpc(v1 + "CreateExport", lambda _: api.CreateExportRequest())
    yield rpc(v1 + "GetExport", lambda _: api.GetExportRequest())
    yield rpc(v1 + "ReadExport", lambda _: api.ReadExportRequest(secret="no"))
    yield rpc(v1 + "DeleteExport", lambda _: api.DeleteExportRequest())
    for service in OTHERS:
        yield rpc(
            "export.v1.RecordService/ListRecords",
            lambda _: record_service_pb2.ListRecordsRequest(),
            door=service,
        )


def bens(things: Things) -> Message:
    """Signing ben in: of those the matrix signs out, he is none."""
    return identity_service_pb2.CreateSessionRequest(
        network=things.slug, email=f"ben@{things.slug}.example", password=PASSWORD
    )


def refresh_token(doors: Doors, things: Things) -> str:
    """One that nobody has used yet."""
    heard = doors.rpc("/kith.identity.v1.SessionService/CreateSession", bens(things), None)
    made = identity_service_pb2.CreateSessionResponse.FromString(heard.content)
    return made.session.refresh_token


def begin_no_factor(doors: Doors, token: str | None) -> None:
    """Let nothing wait to be confirmed, so that a wrong code is no guess and is not slowed down."""
    removal = totp_service_pb2.DeleteTotpRequest(password=PASSWORD)
    doors.rpc("/kith.identity.v1.TotpService/DeleteTotp", removal, token)


def _devices() -> Iterator[Case]:
    devices, totp, v1 = device_service_pb2, totp_service_pb2, "identity.v1."
    refresh, confirm = "DeviceService/RefreshSession", "TotpService/ConfirmTotp"

    def refreshing(doors: Doors, token: str | None, things: Things) -> Heard:
        request = devices.RefreshSessionRequest(refresh_token=refresh_token(doors, things))
        return doors.rpc(f"/kith.{v1}{refresh}", request, token)

    def confirming(doors: Doors, token: str | None, _: Things) -> Heard:
        begin_no_factor(doors, token)
        return doors.rpc(f"/kith.{v1}{confirm}", totp.ConfirmTotpRequest(code="000000"), token)

    yield Case(f"rpc {v1}{refresh}", f"/kith.{v1}{refresh}", None, refreshing)
    yield rpc(v1 + "DeviceService/ListSessions", lambda _: devices.ListSessionsRequest())
    yield rpc(
        v1 + "DeviceService/DeleteSession",
        lambda _: devices.DeleteSessionRequest(session_id=str(new_id())),
    )
    yield rpc(
        v1 + "DeviceService/DeleteSessions",
        lambda t: devices.DeleteSessionsRequest(member_id=t.ana),
        anas,
    )
    yield rpc(v1 + "TotpService/CreateTotp", lambda _: totp.CreateTotpRequest(password=PASSWORD))
    yield Case(f"rpc {v1}{confirm}", f"/kith.{v1}{confirm}", None, confirming)
    yield rpc(v1 + "TotpService/GetTotp", lambda _: totp.GetTotpRequest())
    yield rpc(v1 + "TotpService/DeleteTotp", lambda _: totp.DeleteTotpRequest(password=PASSWORD))


def _community() -> Iterator[Case]:
    api, v1 = community_service_pb2, "community.v1."
    yield rpc(
        v1 + "CircleService/CreateCircle",
        lambda _: api.CreateCircleRequest(display_name="New", request_id=fresh("c")),
    )
    yield rpc(v1 + "CircleService/ListCircles", lambda _: api.ListCirclesRequest())
    yield rpc(
        v1 + "CircleService/JoinCircle",
        lambda t: api.JoinCircleRequest(circle_id=t.open_circle),
        here,
    )
    yield rpc(
        v1 + "PostService/CreatePost",
        lambda t: api.CreatePostRequest(
            circle_id=t.circle,
            intent=community_pb2.INTENT_SHARE,
            text="Hello",
            request_id=fresh("p"),
        ),
        inside,
    )
    yield rpc(
        v1 + "PostService/ListPosts", lambda t: api.ListPostsRequest(circle_id=t.circle), inside
    )
    yield rpc(
        v1 + "PostService/CreateComment",
        lambda t: api.CreateCommentRequest(post_id=t.post, text="Hello", request_id=fresh("k")),
        inside,
    )
    yield rpc(
        v1 + "PostService/ListComments", lambda t: api.ListCommentsRequest(post_id=t.post), inside
    )
    yield rpc(v1 + "PostService/ListHomeFeed", lambda _: api.ListHomeFeedRequest())  # fmt: skip
    yield rpc(
        v1 + "PostService/ListPostPreviews",
        lambda t: api.ListPostPreviewsRequest(post_ids=[t.post]),
    )


def _messaging() -> Iterator[Case]:
    api, v1 = messaging_service_pb2, "messaging.v1."
    yield rpc(
        v1 + "ConversationService/CreateConversation",
        lambda t: api.CreateConversationRequest(member_id=t.ben),
        here,
    )
    yield rpc(
        v1 + "ConversationService/GetConversation",
        lambda t: api.GetConversationRequest(conversation_id=t.talk),
        between,
    )
    yield rpc(
        v1 + "ConversationService/ListConversations", lambda _: api.ListConversationsRequest()
    )
    yield rpc(
        v1 + "MessageService/SendMessage",
        lambda t: api.SendMessageRequest(
            conversation_id=t.talk, client_message_id=fresh("m"), text="Hello"
        ),
        between,
    )
    yield rpc(
        v1 + "MessageService/ListMessages",
        lambda t: api.ListMessagesRequest(conversation_id=t.talk),
        between,
    )
    for door in ("", "gateway"):
        yield rpc(v1 + "MessageService/ImportMessages",
                  lambda t: [history(t)], here, door=door)  # fmt: skip


def _programs() -> Iterator[Case]:
    api, v1 = programs_service_pb2, "programs.v1."
    yield rpc(
        v1 + "ProgramService/CreateProgram",
        lambda _: api.CreateProgramRequest(
            display_name="New",
            weeks=1,
            request_id=fresh("g"),
            steps=[
                programs_pb2.Step(
                    id=STEP, week=1, kind=programs_pb2.STEP_KIND_DISCUSSION, title="Hello"
                )
            ],
        ),
    )
    yield rpc(v1 + "ProgramService/ListPrograms", lambda _: api.ListProgramsRequest())
    yield rpc(
        v1 + "ProgramService/CreateCohort",
        lambda t: api.CreateCohortRequest(
            program_id=t.program, display_name="New", start_time=START, request_id=fresh("h")
        ),
        here,
    )
    yield rpc(
        v1 + "EnrollmentService/EnrollMembers",
        lambda t: api.EnrollMembersRequest(cohort_id=t.cohort, member_ids=[t.dora]),
        here,
    )
    yield rpc(v1 + "EnrollmentService/ListEnrollments", lambda _: api.ListEnrollmentsRequest())
    yield rpc(v1 + "EnrollmentService/MarkStepDone", lambda t: api.MarkStepDoneRequest(
        enrollment_id=t.enrollment, step_id=STEP), anas)  # fmt: skip


def _outcomes_and_signals() -> Iterator[Case]:
    outcomes, signals = outcomes_service_pb2, signals_service_pb2
    v1 = "outcomes.v1.ResponseService/"
    yield rpc(v1 + "ListInstruments", lambda _: outcomes.ListInstrumentsRequest())
    yield rpc(
        v1 + "CreateResponse",
        lambda _: outcomes.CreateResponseRequest(
            instrument_id="ucla-3", answers=LONELY, request_id=fresh("a")
        ),
    )
    yield rpc(v1 + "ListResponses", lambda _: outcomes.ListResponsesRequest())
    v1 = "signals.v1.SignalService/"
    yield rpc(
        v1 + "GetMemberSignal",
        lambda t: signals.GetMemberSignalRequest(
            member_id=t.ana, as_of_time=Timestamp(seconds=4_000_000_000)
        ),
        anas,
    )
    yield rpc(v1 + "ListMemberSignals", lambda _: signals.ListMemberSignalsRequest())
    yield rpc(
        v1 + "ListCoursePoints", lambda t: signals.ListCoursePointsRequest(member_id=t.ana), anas
    )
    yield rpc(v1 + "GetProgress", lambda _: signals.GetProgressRequest())  # fmt: skip


def accounts() -> Message:
    """A batch that is the same each time."""
    one = identity_pb2.ImportedAccount(external_id="1", handle="imported-1", join_time=START)
    return identity_service_pb2.ImportAccountsRequest(source="old-place", accounts=[one])


def history(things: Things) -> Message:
    """A batch that is the same each time: ana once wrote to ben."""
    one = messaging_pb2.ImportedMessage(
        row=1, sender_id=things.ana, recipient_id=things.ben, text="Long ago", create_time=START
    )
    return messaging_service_pb2.ImportMessagesRequest(source="old-place", messages=[one])
