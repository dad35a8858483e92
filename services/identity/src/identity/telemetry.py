"""The metrics of identity; the chassis counts calls, errors and events."""

from __future__ import annotations

from typing import Literal

from prometheus_client import Counter, Histogram

SignIn = Literal["accepted", "refused", "limited", "code_needed"]
Mail = Literal["sent", "delayed", "refused", "expired", "nobody", "taken"]
Said = Literal["address", "nothing"]
Refresh = Literal["accepted", "refused", "reused"]

SIGN_INS = Counter(
    # many refused or limited ones in a row: somebody is guessing passwords
    "kith_identity_sign_ins_total", "Attempts to sign in.", ["outcome"],
)  # fmt: skip
REFRESHES = Counter(
    # reused: tokens are stolen, or a client loses what it is given
    "kith_identity_refreshes_total", "Attempts to refresh a session.", ["outcome"],
)  # fmt: skip
MAILS = Counter(
    # delayed: the mail server is away or does not let us in; refused: it does not like our mails
    "kith_identity_mails_total", "Tries to send a mail.", ["outcome"],
)  # fmt: skip
STRANGERS = Counter(
    # somebody reaches this port without being a service that may say where its clients are
    "kith_identity_strangers_total", "Calls whose client's address nobody vouches for.", ["said"],
)  # fmt: skip
PASSWORD_SECONDS = Histogram(
    # the wait for a worker included: when it grows, sign-in is short of CPU
    "kith_identity_password_seconds", "Time to hash or verify one password.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip


def count_sign_in(outcome: SignIn) -> None:
    """One more attempt to sign in."""
    SIGN_INS.labels(outcome).inc()


def count_refresh(outcome: Refresh) -> None:
    """One more attempt to refresh a session."""
    REFRESHES.labels(outcome).inc()


def count_mail(outcome: Mail) -> None:
    """One more try to send a mail."""
    MAILS.labels(outcome).inc()


def count_stranger(said: Said) -> None:
    """One more call that a stranger made, or a service that may not say where clients are."""
    STRANGERS.labels(said).inc()
