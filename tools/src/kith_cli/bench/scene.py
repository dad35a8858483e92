"""What is measured: a Kith of its own, and people in it who write to each other."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from kith_cli.bench.leaving import QUICK
from kith_cli.bench.load import Person
from kith_cli.client import Kith
from kith_cli.errors import Stop
from kith_cli.networks import door, service_text_version
from kith_cli.settings import Settings, environment

SENDERS = 20
MANY_SENDERS = 100
START_SECONDS = 180.0
NETWORK = "bench"
PASSWORD = "bench-password-1"  # noqa: S105  # of made-up people in a Kith that is thrown away


@contextmanager
def running(settings: Settings) -> Iterator[float]:
    """A Kith that runs as long as the block; yields the seconds it took to be ready."""
    own = {"KITH_HOME": str(settings.home), "KITH_LOG_LEVEL": "warning"}
    variables = {**environment(), **QUICK, **own}
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "kith_cli", "up"], env=variables, stderr=subprocess.PIPE, text=True
    )
    try:
        lines: list[str] = []
        for line in process.stderr or ():
            lines.append(line)
            if "Kith runs at" in line:
                break
        else:
            raise Stop("Kith did not start:\n" + "".join(lines[-20:]))
        yield time.monotonic() - begun
    finally:
        process.terminate()
        process.communicate(timeout=START_SECONDS)


def people_of(
    settings: Settings, admin: Kith, count: int = SENDERS, name: str = "sender"
) -> list[Person]:
    """Senders, each with a conversation with the next."""
    invite = admin.post("/v1/invites", {"maxUses": count})["code"]
    version = service_text_version(admin)
    people, doors = [], []
    for number in range(count):
        email = f"{name}{number}@bench.kith.local"
        body = {
            "inviteCode": invite,
            "handle": f"{name}{number}",
            "email": email,
            "password": PASSWORD,
            "serviceTextVersion": version,
        }
        admin.request("POST", "/v1/registrations", json=body, anonymous=True)
        kith = door(settings)
        kith.sign_in(NETWORK, email, PASSWORD)
        kith.put("/v1/consents/signals", {"granted": True})
        kith.put("/v1/contact-rule", {"whoMayWrite": "network"})
        people.append(Person(kith.member_id, kith.token))
        doors.append(kith)
    for number, kith in enumerate(doors):
        peer = people[(number + 1) % count].member_id
        opened = kith.post_when_known("/v1/conversations", {"memberId": peer})
        people[number].conversation_id = opened["id"]
        kith.post(
            f"/v1/conversations/{opened['id']}/messages", {"clientMessageId": "0", "text": "Hello"}
        )
        kith.__exit__()
    return people


def address_of(settings: Settings) -> tuple[str, int]:
    """Where its gateway answers."""
    host, _, port = settings.http("gateway").rpartition(":")
    return host, int(port)
