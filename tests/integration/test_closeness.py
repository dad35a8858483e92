"""What a member shows to connections and circles appears to whom she is close to, and goes with it:
from community through the log to identity, by the public doors only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kith_cli.client import Kith
from kith_cli.errors import Refused

from tests.integration.system import System, wait_for

pytestmark = pytest.mark.timeout(360)
SAID = {
    "version": 0, "needs": ["sleep"], "offers": ["a walk"],
    "visibility": {"needs": "connections", "offers": "circles"},
}  # fmt: skip


def shown(reader: Kith, owner: Kith) -> Callable[[], tuple[list[str], list[str]]]:
    """What the reader is shown of what is for connections, and of what is for circles."""

    def ask() -> tuple[list[str], list[str]]:
        profile = reader.get(f"/v1/accounts/{owner.member_id}/profile")
        return profile["needs"], profile["offers"]

    return ask


def test_what_is_for_the_close_comes_and_goes_with_closeness(system: System, network: str) -> None:
    admin = system.admin(network)
    ana, ben = (system.member(admin, network, handle) for handle in ("ana", "ben"))
    ana.request("PATCH", "/v1/accounts/me/profile", json=SAID)
    ben_sees = shown(ben, ana)
    assert ben_sees() == ([], [])

    asked = ana.put_when_known(f"/v1/connections/{ben.member_id}")
    assert (asked["memberId"], asked["state"]) == (ben.member_id, "requested")
    (received,) = ben.get("/v1/connections", state="received")["connections"]
    assert received["memberId"] == ana.member_id
    assert ben_sees() == ([], [])  # asking shows nothing yet
    agreed = wait_for(lambda: accepted(ben, ana))
    assert agreed
    assert agreed["state"] == "connected"
    wait_for(lambda: ben_sees() == (["sleep"], ["a walk"]))
    assert shown(admin, ana)() == ([], [])
    ana.request("DELETE", f"/v1/connections/{ben.member_id}")
    wait_for(lambda: ben_sees() == ([], []))
    assert ben.get("/v1/connections")["connections"] == []

    circle = admin.post("/v1/circles", {"displayName": "Nights"})["id"]
    for kith in (ana, ben):
        kith.put(f"/v1/circles/{circle}/membership")
    wait_for(lambda: ben_sees() == ([], ["a walk"]))
    left = ben.request("DELETE", f"/v1/circles/{circle}/membership")
    assert (left["joined"], left["memberCount"]) == (False, 2)
    wait_for(lambda: ben_sees() == ([], []))


def accepted(one: Kith, other: Kith) -> dict[str, str] | None:
    """The connection; None while community has not heard of the other."""
    try:
        made: dict[str, str] = one.put(f"/v1/connections/{other.member_id}/acceptance")
    except Refused as refused:
        if refused.reason != "CONNECTION_NOT_REQUESTED":
            raise
        return None
    return made
