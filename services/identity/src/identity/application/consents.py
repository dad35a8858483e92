"""Deciding on one purpose, and the record of every decision that was made.

A decision takes effect in one write of the account: what holds, and the events that tell of it. The
account keeps the latest decision on each purpose, whole. Each is also a record, a document of its
own that is never changed: it is stored before anything may replace it in the account, and again
whenever records are read, under an id that only one decision can have. So whoever is killed between
the two writes leaves nothing missing, and what the records say is what held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.auth import Caller
from common.clock import Clock
from common.errors import Conflict

from identity.application.consent_records import ConsentRecords
from identity.application.ports import Accounts, Directory
from identity.application.queries import own_account
from identity.application.retry import retrying
from identity.domain.account import Account
from identity.domain.consent import Choice, Decision, request_hash
from identity.domain.errors import ConsentRecordNotFound
from identity.domain.owed import shown
from identity.domain.receipt import Receipt, receipt_of
from identity.domain.text import Purpose, Texts


@dataclass(frozen=True, slots=True)
class Wanted:
    """A decision somebody asks for; version 0 is the current text, no `request_id` is no name."""

    purpose: Purpose
    granted: bool
    text_version: int = 0
    request_id: str = ""


async def decide(
    directory: Directory, texts: Texts, clock: Clock, caller: Caller, wanted: Wanted
) -> Decision:
    """The caller's decision as recorded; deciding the same again changes nothing.

    Raises Invalid, Unauthenticated (her account is gone), ConsentRequired (for a yes to a text that
    will not do), Conflict, Limited, Unavailable, ConcurrentUpdate.
    """
    accounts = directory.accounts(caller.network_id)
    records = directory.consents(caller.network_id)
    request = request_hash(wanted.request_id)

    async def attempt() -> Decision:
        account = await own_account(accounts, caller)
        if request and (made := await _made_by(request, account, records)):
            return _same(made, wanted)
        now = clock.now()
        text = shown(texts, wanted.purpose, wanted.text_version, wanted.granted, now)
        decided, events = account.decide(Choice(wanted.granted, text, request), now)
        if decided is not account:
            kept = {one.id for one in decided.decisions}
            await records.add(account.id, [one for one in account.decisions if one.id not in kept])
            await accounts.save(decided, events)
        decision = decided.consents[wanted.purpose]
        await records.add(account.id, [decision])
        return decision

    return await retrying(attempt)


async def list_records(
    directory: Directory, caller: Caller, before: int, size: int
) -> tuple[Sequence[Decision], int]:
    """A page of the caller's decisions, newest first, and the number to continue before, or 0.

    Raises Unauthenticated.
    """
    records = await _all_stored(directory, caller)
    found = await records.newest(caller.subject, before, size + 1)
    return found[:size], found[size - 1].number if len(found) > size else 0


async def get_receipt(
    directory: Directory, texts: Texts, caller: Caller, record_id: UUID
) -> Receipt:
    """The receipt of one of the caller's decisions. Raises Unauthenticated, NotFound."""
    records = await _all_stored(directory, caller)
    decision = await records.get(caller.subject, record_id)
    network = await directory.networks.get(caller.network_id)
    if decision is None or network is None:
        raise ConsentRecordNotFound("you made no such decision", field="record_id")
    text = texts.get(decision.purpose, decision.text_version)
    return receipt_of(decision, text, network, caller.subject)


async def _all_stored(directory: Directory, caller: Caller) -> ConsentRecords:
    """The records, with those in them that whoever decided was killed before storing."""
    accounts: Accounts = directory.accounts(caller.network_id)
    account = await own_account(accounts, caller)
    records = directory.consents(caller.network_id)
    await records.add(account.id, account.decisions)
    return records


async def _made_by(request: bytes, account: Account, records: ConsentRecords) -> Decision | None:
    for decision in account.decisions:
        if decision.request == request:
            await records.add(account.id, [decision])
            return decision
    return await records.by_request(account.id, request)


def _same(made: Decision, wanted: Wanted) -> Decision:
    versions = {made.text_version, wanted.text_version or made.text_version}
    if made.purpose is wanted.purpose and made.granted == wanted.granted and len(versions) == 1:
        return made
    raise Conflict("this request_id was used for another decision", field="request_id")
