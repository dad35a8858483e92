"""One believable value for everything that is sent or answered, put together from the schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
ID = "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e01"
OTHER_ID = "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e02"
# Of what a path names.
PATH: Mapping[str, str] = {
    "memberId": OTHER_ID, "reference": "2026-17",
    "caseId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e1c", "stepId": "week-1-hello",
    "inviteId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e18",
    "sessionId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e17",
    "circleId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e11",
    "postId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e12",
    "conversationId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e13",
    "messageId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e1d",
    "groupId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e1e",
    "resourceId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e1f",
    "programId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e14",
    "cohortId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e15",
    "enrollmentId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e16",
    "recordId": "0f6d5b1e-93a1-5c1b-8d5e-2a4f0f1c7b11",
    "passkeyId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e1a",
}  # fmt: skip
TIME = "2026-01-31T09:30:00.000Z"
FUTURE = "2026-02-07T09:30:00.000Z"
_SHOWN = {
    f"{owner}.{field}": "network"
    for owner in ("ProfileVisibility", "UpdateVisibility")
    for field in (
        "pronouns", "languages", "timeZone", "livesWith", "stage", "offers", "needs", "interests",
    )
}  # fmt: skip
_EVENING = [{"weekday": "tuesday", "startMinute": 1080, "endMinute": 1230}]
# By the name of a field; by `Schema.field` where the name alone would mislead.
VALUES: Mapping[str, Any] = {
    **PATH, **_SHOWN,
    "action": "/kith.signals.v1.SignalService/GetMemberSignal", "actorHandle": "grace",
    "actorId": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e03", "brokenSequence": 0,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "avatar": 7, "pronouns": "she/her", "languages": ["en", "pt-BR"], "stage": "two years in",
    "livesWith": ["lupus"], "offers": ["a walk on Sundays"], "needs": ["somebody awake at night"],
    "interests": ["cello", "birds"], "version": 3, "UpdateProfile.version": 0,
    "handles": ["quiet-otter", "amber-kite"], "reason": "she is trained, and asked for it",
    "options": {"challenge": "AZkfPHoQfD6dVW8dK4pOAQ", "rpId": "localhost", "timeout": 300_000},
    "credential": {
        "id": "Zm9vYmFy", "rawId": "Zm9vYmFy", "type": "public-key",
        "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"},
    },
    "grantedBy": OTHER_ID, "Hold.reason": "dispute",
    "PlaceHold.reason": "dispute", "LegalHold.reason": "dispute", "placedBy": OTHER_ID,
    "openedBy": OTHER_ID, "claimedBy": OTHER_ID,
    "Case.memberId": OTHER_ID, "Allow.reason": "her_decision", "Case.version": 3,
    "Problem.reason": "NOT_FOUND",
    "validUntilTime": FUTURE, "AwardBadge.validUntilTime": "2096-02-07T09:30:00.000Z",
    "accessToken": "eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.e30.c2lnbmF0dXJl",
    "attribution": "Hughes et al., 2004", "authorId": ID,
    "clientMessageId": "01991f3c-9f00-7aaa-8000-000000000001", "code": "kJ3v8Qm0",
    "detail": "the field is not as it has to be", "displayName": "Evenings after work",
    "email": "ada@example.org", "erasureId": ID, "expireTime": FUTURE, "handle": "ada",
    "id": ID, "instrumentId": "ucla-3", "inviteCode": "kJ3v8Qm0",
    "modelVersion": "2", "network": "evergreen", "networkId": ID, "nextPageToken": "",
    "password": "correct horse battery", "deviceLabel": "Ada's phone", "label": "Ada's phone",
    "refreshToken": "AZkfPHoQfD6dVW8dK4pOAQGZHzx6EHw-nVVvHSuKTgHk", "refreshExpireTime": FUTURE,
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "secondFactorCode": "123456",
    "uri": "otpauth://totp/Kith:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Kith",
    "recoveryCodeCount": 10, "ConfirmTotp.code": "123456", "DeleteTotp.code": "123456",
    "purpose": "signals", "request_id": "4f523ffe2ca60501-10d",
    "requestId": "01991f3c-9f00-7aaa-8000-000000000002", "scoringVersion": "1", "senderId": ID,
    "slug": "evergreen", "startTime": FUTURE, "text": "What helped you through the first weeks?",
    "timeZone": "Europe/Berlin", "title": "Write down one good thing",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "CreateCircle.purpose": "To talk when the day is done", "Circle.purpose": "To talk when the day"
    " is done", "CreateStep.id": "week-1-hello", "Step.id": "week-1-hello",
    "Instrument.id": "ucla-3", "Item.id": "companionship",
    "Item.text": "How often do you feel that you lack companionship?", "Item.max": 3,
    "Instrument.displayName": "UCLA Loneliness Scale, 3 items",
    "Conversation.memberIds": [ID, OTHER_ID], "Reason.code": "fewer_replies",
    "CoursePoint.messages": 3, "Conversation.muted": False, "Message.withheld": False,
    "Mute.untilTime": "2096-02-07T09:30:00.000Z",
    "SetAvailability.hours": _EVENING, "Availability.hours": _EVENING,
    "whoMayWrite": "circles", "weekday": "tuesday", "startMinute": 1080, "endMinute": 1230,
    "CreateReport.reason": "harassment", "CreateReport.text": "He does this every night.",
    "Link.id": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e12", "circleDisplayName": "Evenings",
    "excerpt": "What helped you through the first weeks?", "Message.links": [],
    "CreateResource.title": "Sleeping again", "Resource.title": "Sleeping again",
    "summary": "Two nurses talk about nights after a diagnosis.", "language": "en",
    "CreateResource.url": "https://example.org/sleeping-again", "lengthMinutes": 24,
    "Resource.url": "https://example.org/sleeping-again",
    "ResourcePreview.title": "Sleeping again",
    "ResourcePreview.excerpt": "Two nurses talk about nights after a diagnosis.",
    "ResourcePreview.url": "https://example.org/sleeping-again",
    "Reaction.memberId": OTHER_ID, "query": "good morning",
    "replyToSequence": 0, "deliveredSequence": 1,
    "readSequence": 1, "Receipt.memberId": OTHER_ID, "unreadCount": 0, "unreadMore": False,
    "Conversation.presence": "today", "Conversation.kind": "pair", "firstSequence": 1,
    "clientGroupId": "01991f3c-9f00-7aaa-8000-000000000003",
    "CreateGroup.title": "Wednesday evenings", "RenameGroup.title": "Wednesday evenings",
    "MovePosition.deliveredSequence": 0, "MovePosition.readSequence": 0, "shown": True,
    "ConsentText.title": "Noticing when you drift away", "locale": "en",
    "ConsentText.body": "If you agree, Kith estimates how lonely you may be.",
    "textDigest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ConsentRecord.action": "granted", "nextBeforeNumber": 0, "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3",
    "ReceiptKey.kid": "kPrK_qmxVWaYVA9wwBF6Iuo3", "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA",
    "use": "sig", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "keyId": "kPrK_qmxVWaYVA9wwBF6Iuo3", "signature": "c2lnbmF0dXJl",
    "receipt": '{"version":"KI-CR-v1.1.0"}',
    "CreateProgram.displayName": "Stronger Together", "Program.displayName": "Stronger Together",
    "CreateResponse.answers": {"companionship": 2, "left-out": 1, "isolated": 2},
    "ScoredResponse.answers": {"companionship": 2, "left-out": 1, "isolated": 2},
    "ScoredResponse.score": 5, "Invite.maxUses": 1, "CreateInvite.maxUses": 1,
    "LonelinessRisk.probabilityLow": 0.3, "LonelinessRisk.probabilityHigh": 0.6,
    "moderation": "after", "opening": "approval", "logo": "logos/evergreen.svg",
    "phone": "+49 800 1110111", "CrisisResource.text": "+49 151 0000000",
    "url": "https://help.example.org/chat", "hours": "day and night", "color": "#2f6f4f",
    "shortName": "Evergreen", "CrisisResource.name": "Helpline", "minimumAge": 18,
    "statement": "confirmation", "memberNumber": "K1234567", "birthDate": "1990-02-28",
    "note": "I live with lupus since 2019.",
    "usedCount": 0, "ListedInvite.maxUses": 1, "ListedInvite.revoked": False,
    "ListedInvite.id": "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e18", "joinedCount": 1, "totalCount": 12,
    "Decline.reason": "unconfirmed", "Account.pending": False,
    "token": "AZkfPHoQfD6dVW8dK4pOAQGZHzx6EHw-nVVvHSuKTgHk", "emailVerified": True,
    "BegunExport.secret": "q0z2pYw1b8u4mXv7sKd3eRf6tGh9jLn5aCo2iVx8wEk", "Export.state": "ready",
    "doneCount": 6, "Export.totalCount": 6,
    "CoursePoint.probabilityLow": 0.3, "CoursePoint.probabilityHigh": 0.6,
}  # fmt: skip
_ITEMS = {
    "conversationIds": [PATH["conversationId"]],
    "memberIds": [OTHER_ID], "subjectIds": [ID], "doneStepIds": ["week-1-hello"],
    "recoveryCodes": ["ABCDE-FGHIJ", "KLMNO-PQRST"],
    "labels": ["hardly ever", "some of the time", "often"],
    "receiptServices": ["community", "messaging"],
}  # fmt: skip
# What must lie ahead, and an example does not stay ahead; and what is there instead of another.
_LEFT_OUT = {
    "CreateInvite.expireTime",
    "Conversation.mutedUntilTime",
    "Conversation.availableFromTime",
    "Conversation.title",
    "Conversation.hostIds",
    "Conversation.invitedIds",
    "Conversation.inviterId",
    "Conversation.circleId",
    "Message.notice",
    "SetAvailability.notUntilTime",
    "Availability.notUntilTime",
    "CreateReport.messageId",
    "PlaceHold.networkId",
    "GrantRole.expireTime",
    "LookUpNetwork.slug",
    "Register.birthDate",
    "CompleteApplication.birthDate",
    "CompleteApplication.eligible",
}
_BY_TYPE: Mapping[str, Any] = {"integer": 1, "number": 0.45, "boolean": True}


def example_of(name: str, schemas: Mapping[str, Schema]) -> Any:
    """An example of a named schema. Raises LookupError naming the field nobody gave a value."""
    properties: Mapping[str, Schema] = schemas[name]["properties"]
    return {
        field: _value(schema, name, field, schemas)
        for field, schema in properties.items()
        if f"{name}.{field}" not in _LEFT_OUT
    }


def _value(schema: Schema, owner: str, field: str, schemas: Mapping[str, Schema]) -> Any:
    """The value of one field."""
    if "$ref" in schema:
        return example_of(schema["$ref"].rpartition("/")[2], schemas)
    for key in (f"{owner}.{field}", field):
        if key in VALUES:
            return VALUES[key]
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "array":
        return _ITEMS.get(field) or [_value(schema["items"], owner, field, schemas)]
    if schema.get("format") == "date-time":
        return TIME
    if schema["type"] in _BY_TYPE:
        return _BY_TYPE[schema["type"]]
    raise LookupError(f"no example for {field} of {owner}: name one in {__name__}")
