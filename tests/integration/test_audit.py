"""Who looks at a member's data is seen by her, and nobody can take it back."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from kith_cli.client import Kith
from kith_cli.errors import Refused
from kith_cli.settings import environment
from pymongo import MongoClient

from tests.integration.system import System, wait_for


def _actions(kith: Kith) -> list[tuple[str, str]]:
    entries = kith.get("/v1/accounts/me/accesses")["entries"]
    return [(one["actorHandle"], one["action"].rpartition("/")[2]) for one in entries]


def _kith(system: System, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = system.settings
    variables = {"KITH_HOME": str(settings.home), "KITH_PORT": str(settings.port)}
    return subprocess.run(
        [sys.executable, "-m", "kith_cli", *arguments], env=environment() | variables,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.timeout(360)
def test_a_member_sees_who_looked_and_a_change_of_the_log_is_found(
    system: System, network: str
) -> None:
    admin = system.admin(network)
    ada, grace = (system.member(admin, network, handle) for handle in ("ada", "grace"))
    admin.put(f"/v1/accounts/{grace.member_id}/roles", {"roles": ["care_team"]})
    grace.sign_in(network, f"grace@{network}.example", "correct horse battery")
    ada.put("/v1/consents/signals", {"granted": True})
    ada.sign_in(network, f"ada@{network}.example", "correct horse battery")  # which is an activity
    wait_for(lambda: _is_shown(grace, ada.member_id))
    wait_for(lambda: ("grace", "GetMemberSignal") in _actions(ada))
    admin.get(f"/v1/accounts/{ada.member_id}")
    assert _actions(ada)[0] == ("admin", "GetAccount")
    assert _actions(grace) == [("admin", "UpdateRoles")]
    ada.get("/v1/signals/me")
    assert all(actor != "ada" for actor, _ in _actions(ada))

    good = _kith(system, "audit", "verify", "--network", network)
    assert good.returncode == 0, good.stderr
    digest = good.stdout.rpartition(": ")[2].strip()
    assert len(bytes.fromhex(digest)) == 32
    listed = _kith(system, "audit", "list", "--network", network)
    assert "grace" in listed.stdout
    database = f"{system.settings.database_prefix}_identity"
    with MongoClient[dict[str, Any]](
        system.settings.external_mongodb_uri, uuidRepresentation="standard"
    ) as client:
        log = client[database]["audit"]
        # Other networks have logs here too: the newest is of this one.
        last = log.find_one({"action": {"$regex": "GetAccount$"}}, sort=[("_id", -1)])
        assert last is not None
        log.delete_one({"_id": last["_id"]})
    cut = _kith(system, "audit", "verify", "--network", network, "--digest", digest)
    assert cut.returncode == 1
    assert "the log's end was cut off" in cut.stderr


def _is_shown(kith: Kith, member_id: str) -> bool:
    try:
        return bool(kith.get(f"/v1/signals/{member_id}"))
    except Refused as refused:
        if refused.reason != "SIGNAL_NOT_FOUND":
            raise
        return False  # nothing was shown, and so nothing is recorded
