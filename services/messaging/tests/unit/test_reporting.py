"""Reporting: what another wrote, once, by who takes part."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from common.errors import Invalid
from common.ids import new_id
from messaging.application.file_report import file_report
from messaging.application.open_conversation import open_conversation
from messaging.application.tails import Tails
from messaging.domain.conversation import Conversation
from messaging.domain.errors import ConversationNotFound, MessageNotFound
from messaging.domain.report import MAX_WORDS, Complaint, Report, ReportReason

from services.messaging.tests.builders import ADA, BEN, CAT, NOW, a_draft, access_of, send
from services.messaging.tests.fakes import FakeNetwork, a_network


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN, CAT)


@pytest.fixture
async def talk(network: FakeNetwork) -> Conversation:
    return await open_conversation(network, caller=ADA, peer=BEN, at=NOW)


async def report(
    network: FakeNetwork, talk: Conversation, message_id: UUID | None = None, member: UUID = ADA,
    *, reason: ReportReason = ReportReason.HATE, minutes: int = 0,
) -> Report:  # fmt: skip
    return await file_report(
        network, access_of(member, "CreateReport", "ReportService"), conversation_id=talk.id,
        complaint=Complaint(message_id, reason, "see this"), at=NOW + timedelta(minutes=minutes),
    )  # fmt: skip


async def test_a_message_and_the_conversation_are_reported_once_each_by_each(
    network: FakeNetwork, talk: Conversation
) -> None:
    sent = await send(network, Tails(), conversation_id=talk.id, draft=a_draft(BEN))
    first = await report(network, talk, sent.id)
    assert (first.reporter_id, first.reported_ids, first.sequence) == (ADA, (BEN,), 1)
    again = await report(network, talk, sent.id, reason=ReportReason.SCAM, minutes=9)
    assert (again.id, again.created_at) == (first.id, NOW)
    whole = await report(network, talk)
    assert (whole.reported_ids, whole.sequence) == ((BEN,), 0)
    back = await report(network, talk, member=BEN)
    assert back.reported_ids == (ADA,)
    assert network.reports.all == {one.id: one for one in (first, whole, back)}


async def test_nobody_reports_what_is_her_own_or_not_there(
    network: FakeNetwork, talk: Conversation
) -> None:
    own = await send(network, Tails(), conversation_id=talk.id, draft=a_draft(ADA))
    for id in (own.id, new_id()):
        with pytest.raises(MessageNotFound):
            await report(network, talk, id)
    for about in (own.id, None):
        with pytest.raises(ConversationNotFound):
            await report(network, talk, about, CAT)
    for words in ("x" * (MAX_WORDS + 1), "a\x00"):
        with pytest.raises(Invalid):
            Complaint(None, ReportReason.OTHER, words)
    assert network.reports.all == {}
