"""Letters through a real mail server: what arrives, what waits, what is given up, and no password
and no letter without the TLS that was asked for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from common import grpc_client
from common.config import Secret
from common.errors import Invalid, Unavailable
from common.ids import new_id
from common.testing.clock import FakeClock
from common.testing.poll import until
from identity.adapters.join_links import SealedJoinLinks
from identity.adapters.letters import Stationery
from identity.adapters.mail_seal import MailSeal
from identity.adapters.master_key import KeyedDigest, MasterKey
from identity.adapters.mongo import MongoDirectory
from identity.adapters.smtp import Server, SmtpPost, Tls
from identity.application.outgoing_mail import Outgoing
from identity.application.send_mails import Postman
from identity.domain.mail import Kind, Letter
from kith.identity.v1 import recovery_service_pb2 as api

from services.identity.tests.builders import NETWORK, NOW, a_member
from services.identity.tests.doors import Client
from services.identity.tests.running import Process
from services.identity.tests.smtp_server import (
    HOST,
    PASSWORD,
    USER,
    Inbox,
    certificate,
    mail_server,
)

STATIONERY = Stationery("Kith <kith@mail.example>", "https://app.example")
CLOCK = FakeClock(NOW)


def a_letter(kind: Kind = Kind.RESET, to: str = "ada@example.org") -> Letter:
    return Letter(new_id(), kind, to, "the-token", "full")


def post(port: int, tls: Tls = "off", password: str = "", ca_file: str = "") -> SmtpPost:
    secret = Secret(password) if password else None
    server = Server(HOST, port, tls, USER if password else "", secret, ca_file)
    return SmtpPost(server, STATIONERY, CLOCK)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_letter_arrives_as_it_was_written(inbox: Inbox, kind: Kind) -> None:
    letter = a_letter(kind)
    async with mail_server(inbox) as port:
        await post(port).send(letter)
    [mail] = inbox.mails
    assert (mail["From"], mail["To"]) == ("Kith <kith@mail.example>", "ada@example.org")
    assert mail["Message-ID"] == f"<{letter.id}@mail.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, rich = (mail.get_body([part]) for part in ("plain", "html"))
    assert plain
    assert rich
    link = STATIONERY.link(letter)
    assert bool(link) == (kind in _PATHS)
    if link:
        assert link == f"https://app.example/{_PATHS[kind]}#the-token"
        assert plain.get_content().count(link) == rich.get_content().count(link) == 1
    assert ("no room" in plain.get_content()) == (kind is Kind.DECLINED)
    assert "{" not in plain.get_content()


_PATHS = {Kind.RESET: "reset-password", Kind.VERIFY: "verify-email", Kind.JOIN: "join"}


@pytest.mark.parametrize(
    "rcpt, data, refusal",
    [("550 no such mailbox", "", Invalid), ("451 later", "", Unavailable),
     ("", "554 no", Invalid), ("", "452 full", Unavailable)],
)  # fmt: skip
async def test_what_is_refused_for_good_is_told_apart_from_what_may_work_later(
    inbox: Inbox, rcpt: str, data: str, refusal: type[Exception]
) -> None:
    inbox.rcpt, inbox.data = rcpt, data
    async with mail_server(inbox) as port:
        with pytest.raises(refusal) as refused:
            await post(port).send(a_letter())
    assert "ada" not in str(refused.value)
    assert inbox.mails == []


async def test_a_server_that_is_away_is_worth_another_try(
    unused_tcp_port_factory: Callable[[], int],
) -> None:
    with pytest.raises(Unavailable):
        await post(unused_tcp_port_factory()).send(a_letter())


@pytest.mark.parametrize("to", ["a b@example.org", "ada@exa\nmple.org", "@", ""])
async def test_an_address_that_cannot_be_is_never_sent_to(inbox: Inbox, to: str) -> None:
    async with mail_server(inbox) as port:
        with pytest.raises(Invalid):
            await post(port).send(a_letter(to=to))
    assert inbox.mails == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_letter_goes_by_tls_to_a_server_somebody_vouches_for(
    inbox: Inbox, tmp_path: Path, tls: Any
) -> None:
    context, vouched = certificate(tmp_path)
    async with mail_server(inbox, tls=tls, context=context) as port:
        await post(port, tls, ca_file=vouched).send(a_letter())
        assert inbox.tls == [True]
        with pytest.raises(Unavailable):
            await post(port, tls).send(a_letter())
    assert len(inbox.mails) == 1


async def test_without_the_tls_that_was_asked_for_nothing_is_sent(inbox: Inbox) -> None:
    async with mail_server(inbox) as port:
        with pytest.raises(Unavailable):
            await post(port, "starttls").send(a_letter())
    assert inbox.mails == []


async def test_the_server_lets_in_who_knows_its_password(inbox: Inbox) -> None:
    async with mail_server(inbox, auth=True) as port:
        await post(port, password=PASSWORD).send(a_letter())
        with pytest.raises(Unavailable) as refused:
            await post(port, password="not the password").send(a_letter())
    assert len(inbox.mails) == 1
    assert "not the password" not in str(refused.value)


async def test_what_was_asked_for_while_the_server_was_away_arrives_when_it_is_back(
    directory: MongoDirectory, inbox: Inbox, unused_tcp_port_factory: Callable[[], int]
) -> None:
    port, clock, seal = unused_tcp_port_factory(), FakeClock(NOW), MailSeal(MasterKey(bytes(32)))
    ada, events = a_member("ada")
    await directory.accounts(NETWORK).add(ada, events)
    outgoing = Outgoing(directory.mails, seal, KeyedDigest(b"m" * 32), clock)
    await outgoing.to_member(Kind.VERIFY, NETWORK, ada.id)
    links, secrets = SealedJoinLinks(MasterKey(bytes(32))), KeyedDigest(b"l" * 32)
    postman = Postman(directory, directory.mails, post(port), seal, secrets, clock, links)
    [mail] = await directory.mails.due(clock.now(), 9)
    assert await postman.step(mail) == "delayed"
    clock.advance(timedelta(minutes=1))
    [mail] = await directory.mails.due(clock.now(), 9)
    async with mail_server(inbox, port=port):
        outcomes = await asyncio.gather(*(postman.step(mail) for _ in range(3)))
    assert sorted(outcomes) == ["sent", "taken", "taken"]
    assert [one["To"] for one in inbox.mails] == ["ada@example.org"]
    assert await directory.mails.due(clock.now() + timedelta(days=1), 9) == []


async def test_a_developer_is_shown_the_link_and_no_address(process: Process) -> None:
    process.set(KITH_MAIL="show")
    running = await process.start()
    try:
        async with grpc_client.connect(process.grpc) as channel:
            client = Client(channel)
            created = await client.create_network("berlin")
            await client.register(created.admin_invite.code, "ada")

            async def shown() -> bool:
                return bool(_LINK.search(process.log.read_text()))

            await until(shown)
            [link] = _LINK.findall(process.log.read_text())
            request = api.VerifyEmailRequest(token=link)
            await grpc_client.call(client.recovery.VerifyEmail, request)
    finally:
        running.terminate()
        await running.wait()
    assert "ada@example.org" not in process.log.read_text()


_LINK = re.compile(r"http://127.0.0.1:8080/verify-email#([\w-]+)")


async def test_who_registers_at_a_running_identity_gets_a_mail_whose_link_works(
    process: Process, inbox: Inbox
) -> None:
    async with mail_server(inbox) as port:
        process.set(
            KITH_MAIL="smtp", KITH_SMTP_HOST=HOST, KITH_SMTP_PORT=str(port), KITH_SMTP_TLS="off",
            KITH_MAIL_FROM="Kith <kith@mail.example>", KITH_APP_URL="https://app.example/",
        )  # fmt: skip
        running = await process.start()
        try:
            async with grpc_client.connect(process.grpc) as channel:
                client = Client(channel)
                created = await client.create_network("berlin")
                await client.register(created.admin_invite.code, "ada")

                async def arrived() -> bool:
                    return bool(inbox.mails)

                await until(arrived)
                body = inbox.mails[0].get_body(["plain"])
                assert body
                [link] = [one for one in body.get_content().split() if one.startswith("https")]
                request = api.VerifyEmailRequest(token=link.partition("#")[2])
                await grpc_client.call(client.recovery.VerifyEmail, request)
        finally:
            running.terminate()
            await running.wait()
    log = process.log.read_text()
    assert "mail.sent" in log
    assert "ada@example.org" not in log
    assert link.partition("#")[2] not in log
