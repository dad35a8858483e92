"""Handing letters to a mail server by SMTP, and the stand-in that shows links to a developer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import aiosmtplib
from aiosmtplib import (
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from common import log
from common.clock import Clock
from common.config import Secret
from common.errors import Invalid, Unavailable

from identity.adapters.letters import Stationery
from identity.domain.mail import Letter

Tls = Literal["starttls", "tls", "off"]
logger = log.get(__name__)
SECONDS = 20.0
"""For each step of the talk; the first retry of a mail is later than all of them."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the mail server is, and how one talks to it."""

    host: str
    port: int
    tls: Tls = "starttls"
    user: str = ""
    password: Secret | None = None
    ca_file: str = ""  # of who vouches for its certificate; the system's when empty


class SmtpPost:
    """Implements mail_ports.Post with a connection for each letter: they are few."""

    def __init__(self, server: Server, stationery: Stationery, clock: Clock) -> None:
        self._server = server
        self._stationery = stationery
        self._clock = clock

    async def send(self, letter: Letter) -> None:
        """See mail_ports.Post; TLS that was asked for and is not there is never done without."""
        message, server = self._stationery.write(letter, self._clock), self._server
        try:
            await aiosmtplib.send(
                message, hostname=server.host, port=server.port, timeout=SECONDS,
                use_tls=server.tls == "tls", start_tls=server.tls == "starttls",
                username=server.user or None,
                password=server.password.reveal() if server.password else None,
                cert_bundle=server.ca_file or None,
            )  # fmt: skip
        except SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            raise _refusal(min(codes), "the address was refused") from None
        except (aiosmtplib.SMTPHeloError, aiosmtplib.SMTPAuthenticationError) as error:
            # ours to put right, and then it works
            raise Unavailable(f"the mail server does not let us in: {error.code}") from None
        except SMTPResponseException as error:
            raise _refusal(error.code, "the letter was refused") from None
        except SMTPNotSupported:
            raise Unavailable("the mail server cannot do what is needed") from None
        except (SMTPException, OSError) as error:
            raise Unavailable(f"the mail server is away: {type(error).__name__}") from None
        except ValueError:  # after OSError: a certificate nobody vouches for is both
            raise Invalid("this address cannot be sent to") from None


def _refusal(code: int, message: str) -> Invalid | Unavailable:
    """RFC 5321 §4.2.1: 4xx may work later, 5xx never will."""
    told = f"{message}: {code}"
    return Invalid(told) if 500 <= code < 600 else Unavailable(told)


class ShownPost:
    """Implements mail_ports.Post for development: no mail leaves, its link is logged instead."""

    def __init__(self, stationery: Stationery, clock: Clock) -> None:
        self._stationery = stationery
        self._clock = clock

    async def send(self, letter: Letter) -> None:
        """See mail_ports.Post."""
        subject = self._stationery.write(letter, self._clock)["Subject"]
        logger.warning("mail.shown", subject=subject, link=self._stationery.link(letter))
