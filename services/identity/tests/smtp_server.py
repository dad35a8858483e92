"""A real mail server on this machine, and certificates for it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST = "127.0.0.1"
USER, PASSWORD = "kith", "the mail password"


@dataclass
class Inbox:
    """What arrived; `rcpt` and `data` are what the server says instead of yes."""

    mails: list[EmailMessage] = field(default_factory=list)
    tls: list[bool] = field(default_factory=list)
    rcpt: str = ""
    data: str = ""

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data:
            return self.data
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        assert [found["To"]] == envelope.rcpt_tos
        self.mails.append(found)
        self.tls.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"


def _authenticate(
    server: Any, session: Any, envelope: Any, mechanism: str, data: Any
) -> AuthResult:
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@asynccontextmanager
async def mail_server(
    inbox: Inbox, *, port: int = 0, tls: Literal["off", "starttls", "tls"] = "off",
    context: ssl.SSLContext | None = None, auth: bool = False,
) -> AsyncIterator[int]:  # fmt: skip
    """A server for `inbox` until the block ends; its port."""
    loop = asyncio.get_running_loop()

    def talk() -> SMTP:
        return SMTP(
            inbox, hostname="mail.example", loop=loop,
            tls_context=context if tls == "starttls" else None, require_starttls=tls == "starttls",
            authenticator=_authenticate if auth else None, auth_require_tls=False,
        )  # fmt: skip

    server = await loop.create_server(talk, HOST, port, ssl=context if tls == "tls" else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A context for a server on this machine, and the file that vouches for it."""
    key, name = generate_private_key(SECP256R1()), x509.Name([])
    now = datetime.now(UTC)  # noqa: TID251  # certificates are compared with the real time
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )  # fmt: skip
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, str(public)
