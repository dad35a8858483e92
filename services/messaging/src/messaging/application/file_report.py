"""Report a message or a conversation to moderators."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from common.auth import Access
from common.ids import named_id

from messaging.application.ports import Network
from messaging.application.queries import message_for, part_of
from messaging.domain.errors import MessageNotFound
from messaging.domain.report import Complaint, Report


async def file_report(
    network: Network, access: Access, *, conversation_id: UUID, complaint: Complaint, at: datetime
) -> Report:
    """The report of this by the caller: one for each message, and one for the conversation.

    Raises Forbidden, ConversationNotFound, MessageNotFound (there is none of another with this id).
    """
    conversation, end = await part_of(network, conversation_id, access)
    reporter = access.caller.subject
    reported, sequence = conversation.peers_of(reporter), 0
    if complaint.message_id is not None:
        message = await message_for(network, conversation, end, reporter, complaint.message_id)
        if message is None or message.sender_id == reporter:
            text = "no such message of somebody else in this conversation"
            raise MessageNotFound(text, field="message_id")
        reported, sequence = (message.sender_id,), message.sequence
    about = complaint.message_id or conversation_id
    id = named_id(network.id, "report", reporter, conversation_id, about)
    first = conversation.first_for(reporter)
    report = Report(id, conversation_id, reporter, reported, complaint, sequence, at, first)
    return replace(report, created_at=await network.reports.add(report))
