"""The networks this operator runs, with their admins' sign-ins, under KITH_HOME/secrets."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from kith_cli.client import Kith
from kith_cli.errors import Refused, Stop
from kith_cli.settings import Settings

OPERATOR_NETWORK = "kith"
OPERATOR_EMAIL = "operator@kith.local"


@dataclass(slots=True)
class SignIn:
    """An admin of a network; `invite` until she has registered; `seeded` once the story is told."""

    network: str
    email: str
    password: str
    invite: str = ""
    seeded: bool = False


class Book:
    """Sign-ins in one file that only its owner can read; the last used one is the default."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.secrets / "networks.json"

    def get(self, network: str | None) -> SignIn | None:
        """The sign-in of a network, or of the one used last."""
        entries = self._read()
        name = network or next(reversed(entries), "")
        return SignIn(**entries[name]) if name in entries else None

    def put(self, entry: SignIn) -> None:
        """Keep a sign-in and make it the default."""
        entries = self._read()
        entries.pop(entry.network, None)
        entries[entry.network] = asdict(entry)
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._file.with_suffix(".new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(entries, out, indent=1)
        draft.replace(self._file)

    def _read(self) -> dict[str, dict[str, Any]]:
        if not self._file.exists():
            return {}
        entries: dict[str, dict[str, Any]] = json.loads(self._file.read_text())
        return entries


def door(settings: Settings) -> Kith:
    """The gateway of the Kith on this machine."""
    return Kith(settings.gateway_url, settings.grpc("gateway"))


def sign_in(settings: Settings, kith: Kith, network: str | None) -> SignIn:
    """Sign in as admin of a network this machine knows. Raises Stop if there is none."""
    entry = Book(settings).get(network)
    if entry is None or entry.invite:
        wanted = f"the network {network!r}" if network else "any network"
        raise Stop(f"No sign-in for {wanted} in {settings.secrets}; import or seed one first.")
    _try_sign_in(kith, entry)
    return entry


def ensure_network(settings: Settings, kith: Kith, slug: str, display_name: str) -> SignIn:
    """Sign in as admin of a network, creating network and admin if they are not there.

    A run that was cut off in the middle is continued. Raises Stop.
    """
    book = Book(settings)
    entry = book.get(slug)
    if entry is None:
        entry = SignIn(slug, f"admin@{slug}.kith.local", secrets.token_urlsafe(18))
        entry.invite = _create(settings, kith, slug, display_name)
        book.put(entry)
    if entry.invite:
        _register(kith, entry)
        entry.invite = ""
    book.put(entry)
    _try_sign_in(kith, entry)
    return entry


def _create(settings: Settings, kith: Kith, slug: str, display_name: str) -> str:
    password = (settings.secrets / "operator_password").read_text().strip()
    kith.sign_in(OPERATOR_NETWORK, OPERATOR_EMAIL, password)
    try:
        made = kith.post("/v1/networks", {"slug": slug, "displayName": display_name})
    except Refused as refused:
        if refused.reason == "NETWORK_EXISTS":
            raise Stop(
                f"There is a network {slug!r} already and its admin is not known here; "
                "choose another name with --network."
            ) from None
        raise
    code: str = made["adminInvite"]["code"]
    return code


def _register(kith: Kith, entry: SignIn) -> None:
    body = {
        "inviteCode": entry.invite,
        "handle": "admin",
        "email": entry.email,
        "password": entry.password,
        "serviceTextVersion": service_text_version(kith),
    }
    try:
        kith.request("POST", "/v1/registrations", json=body, anonymous=True)
    except Refused as refused:
        if refused.reason not in {"HANDLE_TAKEN", "EMAIL_TAKEN", "INVITE_INVALID"}:
            raise  # else she registered in a run that was cut off


def service_text_version(kith: Kith) -> int:
    """The version of the text of *service* that whoever registers now accepts: the current one.

    For admins of networks made from the command line and for made-up people; a client shows the
    text to the person instead.
    """
    found = kith.request("GET", "/v1/consent-texts", anonymous=True)["texts"]
    (version,) = (
        text["version"] for text in found if text["purpose"] == "service" and text["current"]
    )
    return int(version)


def _try_sign_in(kith: Kith, entry: SignIn) -> None:
    try:
        kith.sign_in(entry.network, entry.email, entry.password)
    except Refused as refused:
        raise Stop(f"Cannot sign in to {entry.network!r}: {refused.detail}") from None
    accept_owed(kith, lambda: kith.sign_in(entry.network, entry.email, entry.password))


def accept_owed(kith: Kith, sign_in_again: Callable[[], None]) -> None:
    """Accept texts that are new since this machine made the account, and get a token that says so.

    For admins made from the command line and for made-up people, as `service_text_version` is.
    """
    owed = kith.get("/v1/consents")["owed"]
    for one in owed:
        accepted = {"granted": True, "textVersion": one["textVersion"]}
        kith.put(f"/v1/consents/{one['purpose']}", accepted)
    if owed:
        sign_in_again()
