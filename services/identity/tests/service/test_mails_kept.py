"""One contract for mails that wait, held by the fake and by the database alike; and their seal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from common.errors import ConcurrentUpdate, Invalid
from common.ids import new_id
from common.mongo import Database
from identity.adapters.mail_seal import MailSeal
from identity.adapters.master_key import MasterKey
from identity.adapters.mongo import MongoDirectory
from identity.application.mail_ports import Mails
from identity.domain.mail import Kind, Mail, wait

from services.identity.tests.builders import NETWORK, NOW
from services.identity.tests.fakes_joining import FakeMails


def a_mail(kind: Kind = Kind.VERIFY, member_id: UUID | None = None, minutes: int = 0) -> Mail:
    at = NOW + timedelta(minutes=minutes)
    return wait(new_id(), NETWORK, kind, at, member_id or new_id(), b"sealed")


class MailsContract:
    """What every implementation does."""

    @pytest.fixture
    def kept(self) -> Mails:
        raise NotImplementedError

    async def test_what_is_due_comes_back_longest_overdue_first(self, kept: Mails) -> None:
        late, soon, early = (a_mail(minutes=number) for number in (2, 5, 1))
        for one in (late, soon, early):
            await kept.add(one)
        assert await kept.due(NOW + timedelta(minutes=3), 9) == [early, late]
        assert await kept.due(NOW + timedelta(minutes=9), 1) == [early]

    async def test_adding_again_changes_nothing_also_when_it_was_sent(self, kept: Mails) -> None:
        mail = a_mail()
        await kept.add(mail)
        claimed = mail.claim(NOW)
        await kept.save(claimed)
        await kept.add(mail)
        assert await kept.due(NOW, 9) == []
        await kept.save(claimed.prepare())
        await kept.save(claimed.prepare().done())
        await kept.add(mail)
        assert await kept.due(NOW + timedelta(days=9), 9) == []

    async def test_it_is_said_when_the_one_that_is_kept_was_made(self, kept: Mails) -> None:
        mail = a_mail()
        assert await kept.add(mail) == NOW
        assert await kept.add(replace(mail, made_at=NOW + timedelta(minutes=1))) == NOW

    async def test_what_it_is_about_and_when_it_is_due_come_back(self, kept: Mails) -> None:
        due_at = NOW + timedelta(minutes=1)
        mail = replace(a_mail(Kind.PASSKEY_ADDED), due_at=due_at, about=new_id())
        await kept.add(mail)
        assert await kept.due(NOW, 9) == []
        assert await kept.due(due_at, 9) == [mail]

    async def test_a_notice_that_waits_begins_anew_and_one_that_was_sent_stays(
        self, kept: Mails
    ) -> None:
        notice = replace(a_mail(Kind.PASSKEY_ADDED), about=new_id())
        await kept.renew(notice)
        assert await kept.due(NOW, 9) == [notice]
        claimed = notice.claim(NOW)
        await kept.save(claimed)
        later = NOW + timedelta(minutes=9)
        again = replace(notice, made_at=later, due_at=later, sealed=b"another")
        await kept.renew(again)
        assert await kept.due(later - timedelta(minutes=1), 9) == []
        [renewed] = await kept.due(later, 9)
        assert renewed == replace(again, version=claimed.version + 1)
        with pytest.raises(ConcurrentUpdate):  # of who tried the one before
            await kept.save(claimed.done())
        await kept.save(renewed.done())
        await kept.renew(again)
        assert await kept.due(NOW + timedelta(days=9), 9) == []

    async def test_what_is_dropped_can_be_stored_again(self, kept: Mails) -> None:
        notice = replace(a_mail(Kind.PASSKEY_ADDED), about=new_id())
        await kept.renew(notice)
        await kept.save(claimed := notice.claim(NOW))
        with pytest.raises(ConcurrentUpdate):
            await kept.drop(notice)
        await kept.drop(claimed)
        with pytest.raises(ConcurrentUpdate):
            await kept.drop(claimed)
        await kept.renew(notice)
        assert await kept.due(NOW, 9) == [notice]

    async def test_a_mail_that_was_claimed_is_due_again_later(self, kept: Mails) -> None:
        mail = a_mail()
        await kept.add(mail)
        claimed = mail.claim(NOW)
        await kept.save(claimed)
        assert claimed.due_at
        assert await kept.due(claimed.due_at, 9) == [claimed]

    async def test_one_of_two_claims_it(self, kept: Mails) -> None:
        mail = a_mail()
        await kept.add(mail)
        await kept.save(mail.claim(NOW))
        with pytest.raises(ConcurrentUpdate):
            await kept.save(mail.claim(NOW))

    async def test_a_mail_without_a_member_comes_back(self, kept: Mails) -> None:
        mail = wait(new_id(), NETWORK, Kind.RESET, NOW, None, b"sealed")
        await kept.add(mail)
        assert await kept.due(NOW, 9) == [mail]

    async def test_who_leaves_gets_no_mail_any_more(self, kept: Mails) -> None:
        mine = a_mail()
        await kept.add(mine)
        await kept.add(a_mail(Kind.APPROVED, mine.member_id))
        await kept.add(other := a_mail())
        assert mine.member_id
        assert await kept.forget(mine.member_id) == 2
        assert await kept.due(NOW, 9) == [other]


class TestFake(MailsContract):
    @pytest.fixture
    def kept(self) -> Mails:
        return FakeMails()


class TestMongo(MailsContract):
    @pytest.fixture
    def kept(self, directory: MongoDirectory) -> Mails:
        return directory.mails


async def test_the_clock_walks_an_index(database: Database, directory: MongoDirectory) -> None:
    await directory.mails.add(a_mail())
    cursor = database.unscoped("mails").find({"due_at": {"$lte": NOW}}).sort([("due_at", 1)])
    plan = str((await cursor.explain())["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan


def test_a_sealed_address_opens_for_its_mail_and_with_its_key_alone() -> None:
    seal, mail = MailSeal(MasterKey(bytes(32))), new_id()
    sealed = seal.seal(mail, "ada@example.org")
    assert seal.open(mail, sealed) == "ada@example.org"
    assert b"ada" not in sealed
    assert sealed != seal.seal(mail, "ada@example.org")
    for other, owner in ((seal, new_id()), (MailSeal(MasterKey(b"x" * 32)), mail)):
        with pytest.raises(Invalid):
            other.open(owner, sealed)


def test_tries_grow_further_apart_up_to_an_hour() -> None:
    mail, gaps = a_mail(), []
    for _ in range(9):
        mail = mail.claim(NOW)
        assert mail.due_at
        gaps.append((mail.due_at - NOW) // timedelta(minutes=1))
    assert gaps == [1, 2, 4, 8, 16, 32, 60, 60, 60]
