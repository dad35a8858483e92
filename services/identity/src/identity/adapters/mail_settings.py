"""How mails leave, as the settings say: by SMTP, shown to a developer, or not at all."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from email.utils import parseaddr
from functools import partial
from pathlib import Path
from typing import Literal, cast

from common.clock import Clock
from common.config import Address, Reader, Secret

from identity.adapters.letters import Stationery
from identity.adapters.smtp import Server, ShownPost, SmtpPost, Tls

Mode = Literal["off", "show", "smtp"]
_OFF: Mode = "off"
_STARTTLS: Tls = "starttls"
_NO_SECRET = Secret("")
_SUBMISSION_PORT = 587  # RFC 6409


@dataclass(frozen=True, slots=True)
class Mailing:
    """`server` is there when the mode is smtp, `stationery` unless it is off."""

    mode: Mode = "off"
    server: Server | None = None
    stationery: Stationery | None = None

    @classmethod
    def read(cls, reader: Reader, listen: Address | None) -> Mailing:
        """Read the settings; `listen` is where the service listens. Problems go to the reader."""
        mode: Mode = reader.read("KITH_MAIL", partial(_mode, listen), _OFF)
        if mode == "show":
            sender = reader.read("KITH_MAIL_FROM", _sender, "Kith <kith@localhost.localdomain>")
            url = reader.read("KITH_APP_URL", _url, "http://127.0.0.1:8080")
            return cls(mode, None, Stationery(sender, url))
        if mode == "smtp":
            sender = reader.read("KITH_MAIL_FROM", _sender)
            return cls(mode, _server(reader), Stationery(sender, reader.read("KITH_APP_URL", _url)))
        return cls()

    def post(self, clock: Clock) -> SmtpPost | ShownPost | None:
        """Whoever takes letters away; None when nobody does."""
        if self.stationery is None:
            return None
        if self.server is None:
            return ShownPost(self.stationery, clock)
        return SmtpPost(self.server, self.stationery, clock)


def _server(reader: Reader) -> Server:
    host = reader.text("KITH_SMTP_HOST")
    user = reader.text("KITH_SMTP_USER", "")
    tls: Tls = reader.read("KITH_SMTP_TLS", partial(_tls, host, user), _STARTTLS)
    password = (
        reader.secret("KITH_SMTP_PASSWORD") if user
        else reader.read("KITH_SMTP_PASSWORD", _without_user, _NO_SECRET)
    )  # fmt: skip
    return Server(
        host, reader.integer("KITH_SMTP_PORT", _SUBMISSION_PORT), tls, user,
        password if user else None, reader.read("KITH_SMTP_CA_FILE", _file, ""),
    )  # fmt: skip


def _mode(listen: Address | None, text: str) -> Mode:
    if text not in {"off", "show", "smtp"}:
        raise ValueError("must be off, show or smtp")
    if text == "show" and listen is not None and not _is_here(listen.host):
        raise ValueError("show is for development: KITH_GRPC_LISTEN must be a loopback address")
    return cast(Mode, text)


def _tls(host: str | None, user: str, text: str) -> Tls:
    if text not in {"starttls", "tls", "off"}:
        raise ValueError("must be starttls, tls or off")
    if text == "off" and user and not _is_here(host or ""):
        raise ValueError("off would show KITH_SMTP_PASSWORD to everybody on the way")
    return cast(Tls, text)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _file(text: str) -> str:
    if not Path(text).is_file():
        raise ValueError("is no file")
    return text


def _without_user(text: str) -> Secret:
    raise ValueError("needs KITH_SMTP_USER")


def _sender(text: str) -> str:
    if "@" not in parseaddr(text)[1] or not text.isprintable():
        raise ValueError("must be an address, as Kith <kith@example.org>")
    return text


def _url(text: str) -> str:
    if not text.startswith(("https://", "http://127.0.0.1", "http://localhost")) or "#" in text:
        raise ValueError("must be the https:// address of the app")
    return text


NO_MAIL = Mailing()
