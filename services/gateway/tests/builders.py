"""One of each resource, as a service gives it and as the client gets it; and what a route is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from kith.community.v1 import community_pb2
from kith.identity.v1 import identity_pb2, network_pb2
from kith.messaging.v1 import messaging_pb2
from kith.outcomes.v1 import outcomes_pb2
from kith.programs.v1 import programs_pb2
from kith.signals.v1 import signals_pb2

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """A request, the call it becomes, the reply, and the answer it becomes."""

    method: str
    path: str
    rpc: str
    request: Message
    reply: Message
    answer: Any
    body: Json | None = None
    status: int = 200
    public: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def stamp(millis: int = 1_767_225_600_007) -> Timestamp:
    stamp = Timestamp()
    stamp.FromMilliseconds(millis)
    return stamp


AT = "2026-01-01T00:00:00.007Z"
ROLES = [identity_pb2.ROLE_MEMBER, identity_pb2.ROLE_NETWORK_ADMIN]
CONSENT = identity_pb2.Consent(
    purpose=identity_pb2.PURPOSE_SIGNALS, granted=True, text_version=2, decide_time=stamp(),
    imported=True, record_id="r1",
)  # fmt: skip
CONSENT_JSON = {
    "purpose": "signals", "granted": True, "textVersion": 2, "decideTime": AT, "imported": True,
    "recordId": "r1",
}  # fmt: skip
ACCOUNT = identity_pb2.Account(
    id="a1",
    network_id="n1",
    handle="ada",
    roles=ROLES,
    consents=[CONSENT],
    create_time=stamp(),
    pending=True,
    email_verified=True,
)
ACCOUNT_JSON = {
    "id": "a1", "networkId": "n1", "handle": "ada", "roles": ["member", "network_admin"],
    "consents": [CONSENT_JSON], "imported": False, "createTime": AT, "pending": True,
    "emailVerified": True,
}  # fmt: skip
SESSION = identity_pb2.Session(
    access_token="jwt", expire_time=stamp(), member_id="a1", network_id="n1", session_id="s1",
    refresh_token="opaque", refresh_expire_time=stamp(),
)  # fmt: skip
SESSION_JSON = {
    "accessToken": "jwt", "expireTime": AT, "memberId": "a1", "networkId": "n1",
    "sessionId": "s1", "refreshToken": "opaque", "refreshExpireTime": AT,
}  # fmt: skip
DEVICE = identity_pb2.Device(
    session_id="s1", label="Phone", create_time=stamp(), use_time=stamp(), expire_time=stamp(),
    current=True,
)  # fmt: skip
DEVICE_JSON = {
    "sessionId": "s1", "label": "Phone", "createTime": AT, "useTime": AT, "expireTime": AT,
    "current": True,
}  # fmt: skip
NETWORK = identity_pb2.Network(
    id="n1", slug="berlin", display_name="Berlin", time_zone="UTC", create_time=stamp(),
    locale="de", age_rule=network_pb2.AgeRule(
        minimum_age=18, statement=network_pb2.AGE_STATEMENT_BIRTH_DATE
    ),
    moderation=network_pb2.MODERATION_MODE_BEFORE, opening=network_pb2.OPENING_RULE_APPROVAL,
    crisis_resources=[
        network_pb2.CrisisResource(name="Helpline", phone="116 123", hours="always", locale="de")
    ],
    branding=network_pb2.Branding(color="#2f6f4f", logo="a/b.svg", short_name="B"), version=7,
)  # fmt: skip
JOINING_JSON = {
    "slug": "berlin", "displayName": "Berlin", "locale": "de",
    "ageRule": {"minimumAge": 18, "statement": "birth_date"}, "opening": "approval",
    "crisisResources": [
        {
            "name": "Helpline", "phone": "116 123", "text": "", "url": "", "hours": "always",
            "locale": "de",
        }
    ],
    "branding": {"color": "#2f6f4f", "logo": "a/b.svg", "shortName": "B"},
}  # fmt: skip
NETWORK_JSON = {
    "id": "n1", "timeZone": "UTC", "createTime": AT, "moderation": "before", "version": 7,
    **JOINING_JSON,
}  # fmt: skip
INVITE = identity_pb2.Invite(
    id="i1", code="secret", roles=[identity_pb2.ROLE_CARE_TEAM], max_uses=3, expire_time=stamp()
)
INVITE_JSON = {
    "id": "i1", "code": "secret", "roles": ["care_team"], "maxUses": 3, "expireTime": AT,
}  # fmt: skip
CIRCLE = community_pb2.Circle(
    id="c1", display_name="Evenings", purpose="To talk", member_count=3, joined=True,
    create_time=stamp(),
)  # fmt: skip
CIRCLE_JSON = {
    "id": "c1", "displayName": "Evenings", "purpose": "To talk", "memberCount": 3, "joined": True,
    "createTime": AT,
}  # fmt: skip
POST = community_pb2.Post(
    id="p1", circle_id="c1", author_id="a1", intent=community_pb2.INTENT_OFFER, text="Tea?",
    comment_count=2, create_time=stamp(),
)  # fmt: skip
POST_JSON = {
    "id": "p1", "circleId": "c1", "authorId": "a1", "intent": "offer", "text": "Tea?",
    "commentCount": 2, "createTime": AT,
}  # fmt: skip
PREVIEW = community_pb2.PostPreview(
    post_id="p1", circle_id="c1", circle_display_name="Evenings", author_id="a1",
    intent=community_pb2.INTENT_OFFER, excerpt="Tea?", comment_count=2, create_time=stamp(),
)  # fmt: skip
PREVIEW_JSON = {
    "postId": "p1", "circleId": "c1", "circleDisplayName": "Evenings", "authorId": "a1",
    "intent": "offer", "excerpt": "Tea?", "commentCount": 2, "createTime": AT,
}  # fmt: skip
COMMENT = community_pb2.Comment(
    id="k1", post_id="p1", author_id="b1", text="Yes.", create_time=stamp()
)
COMMENT_JSON = {"id": "k1", "postId": "p1", "authorId": "b1", "text": "Yes.", "createTime": AT}
READING = messaging_pb2.Reading(
    delivered_sequence=9, read_sequence=7, unread_count=2, unread_more=True,
    receipts=[messaging_pb2.Receipt(member_id="b1", delivered_sequence=8, read_sequence=6)],
)  # fmt: skip
READING_JSON = {
    "deliveredSequence": 9, "readSequence": 7, "unreadCount": 2, "unreadMore": True,
    "receipts": [{"memberId": "b1", "deliveredSequence": 8, "readSequence": 6}],
}  # fmt: skip
CONVERSATION = messaging_pb2.Conversation(
    id="v1", member_ids=["a1", "b1"], last_sequence=9, create_time=stamp(),
    state=messaging_pb2.CONVERSATION_STATE_OPEN, muted=True, muted_until_time=stamp(),
    available_from_time=stamp(), reading=READING,
)  # fmt: skip
CONVERSATION_JSON = {
    "id": "v1", "memberIds": ["a1", "b1"], "lastSequence": 9, "createTime": AT, "state": "open",
    "muted": True, "mutedUntilTime": AT, "available": False, "availableFromTime": AT,
    "reading": READING_JSON, "kind": "pair",
}  # fmt: skip
MESSAGE = messaging_pb2.Message(
    id="m1", conversation_id="v1", sequence=9, sender_id="a1", client_message_id="x",
    text="Good morning 🌱", create_time=stamp(), reply_to_sequence=4, version=7,
    reactions=[messaging_pb2.Reaction(member_id="b1", kind=messaging_pb2.REACTION_KIND_HUG)],
)  # fmt: skip
MESSAGE_JSON = {
    "id": "m1", "conversationId": "v1", "sequence": 9, "senderId": "a1", "clientMessageId": "x",
    "text": "Good morning 🌱", "createTime": AT, "imported": False, "withheld": False,
    "replyToSequence": 4,
    "version": 7, "reactions": [{"memberId": "b1", "kind": "hug"}], "links": [],
}  # fmt: skip
STEP = programs_pb2.Step(
    id="s1", week=1, kind=programs_pb2.STEP_KIND_CHECK_IN, title="How are you?"
)
STEP_JSON = {"id": "s1", "week": 1, "kind": "check_in", "title": "How are you?"}
PROGRAM = programs_pb2.Program(
    id="g1", display_name="Stronger Together", weeks=12, steps=[STEP], create_time=stamp()
)
PROGRAM_JSON = {
    "id": "g1", "displayName": "Stronger Together", "weeks": 12, "steps": [STEP_JSON],
    "createTime": AT,
}  # fmt: skip
COHORT = programs_pb2.Cohort(
    id="h1", program_id="g1", display_name="Spring", start_time=stamp(), enrollment_count=4
)
COHORT_JSON = {
    "id": "h1", "programId": "g1", "displayName": "Spring", "startTime": AT, "enrollmentCount": 4,
}  # fmt: skip
ENROLLMENT = programs_pb2.Enrollment(
    id="e1", cohort_id="h1", program_id="g1", member_id="a1",
    state=programs_pb2.ENROLLMENT_STATE_ACTIVE, done_step_ids=["s1"], create_time=stamp(),
)  # fmt: skip
ENROLLMENT_JSON = {
    "id": "e1", "cohortId": "h1", "programId": "g1", "memberId": "a1", "state": "active",
    "doneStepIds": ["s1"], "createTime": AT,
}  # fmt: skip
INSTRUMENT = outcomes_pb2.Instrument(
    id="ucla-3", display_name="UCLA-3", scoring_version="1", attribution="UCLA",
    items=[outcomes_pb2.Item(id="q1", text="How often?", min=1, max=3, labels=["Never", "Often"])],
)  # fmt: skip
INSTRUMENT_JSON = {
    "id": "ucla-3", "displayName": "UCLA-3", "scoringVersion": "1", "attribution": "UCLA",
    "items": [
        {"id": "q1", "text": "How often?", "min": 1, "max": 3, "labels": ["Never", "Often"]}
    ],
}  # fmt: skip
RESPONSE = outcomes_pb2.Response(
    id="r1", instrument_id="ucla-3", answers={"q1": 2}, score=6, scoring_version="1",
    create_time=stamp(), consent_version=2,
)  # fmt: skip
RESPONSE_JSON = {
    "id": "r1", "instrumentId": "ucla-3", "answers": {"q1": 2}, "score": 6, "scoringVersion": "1",
    "createTime": AT, "consentVersion": 2,
}  # fmt: skip
SIGNAL = signals_pb2.MemberSignal(
    member_id="a1",
    engagement=signals_pb2.Engagement(
        score=41.5, active_days_7=3, active_days_28=9, messages_7=2.5, reciprocity=0.0
    ),
    risk=signals_pb2.LonelinessRisk(
        probability=0.5, probability_low=0.25, probability_high=0.75,
        status=signals_pb2.ESTIMATE_STATUS_ESTIMATED, band=signals_pb2.RISK_BAND_RAISED,
        reasons=[signals_pb2.Reason(code="asks", contribution=-0.25, points=-2.5)],
    ),
    as_of_time=stamp(), last_activity_time=stamp(), model_version="1",
    consent_version=2,
)  # fmt: skip
SIGNAL_JSON = {
    "memberId": "a1",
    "engagement": {
        "score": 41.5, "activeDays7": 3, "activeDays28": 9, "messages7": 2.5, "reciprocity": 0.0,
    },
    "risk": {
        "probability": 0.5, "probabilityLow": 0.25, "probabilityHigh": 0.75,
        "status": "estimated", "band": "raised",
        "reasons": [{"code": "asks", "contribution": -0.25, "points": -2.5}],
    },
    "asOfTime": AT, "lastActivityTime": AT, "modelVersion": "1",
    "consentVersion": 2,
}  # fmt: skip
POINT = signals_pb2.CoursePoint(
    day=stamp(), probability=0.5, probability_low=0.25, probability_high=0.75, engagement=10,
    messages=3, consent_version=2,
)  # fmt: skip
POINT_JSON = {
    "day": AT, "probability": 0.5, "probabilityLow": 0.25, "probabilityHigh": 0.75,
    "engagement": 10, "messages": 3, "consentVersion": 2,
}  # fmt: skip
PAGE: Json = {"page_size": 5, "page_token": "t1"}
QUERY = "pageSize=5&pageToken=t1"
NEXT = {"nextPageToken": "t2"}
