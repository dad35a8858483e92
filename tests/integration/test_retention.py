"""What the services that run say of how long they keep things is so, place by place."""

from __future__ import annotations

from common.clock import SystemClock
from kith_cli.retaining.report import look

from tests.integration.system import System, wait_for


def test_every_rule_of_a_running_kith_is_kept(system: System, network: str) -> None:
    admin = system.admin(network)
    system.member(admin, network, "ada")

    def wrong() -> list[str]:
        now = SystemClock().now()
        found = look(system.settings, system.kafka, now)
        return [f"{one.place} {one.kind}: {one.problem}" for one in found if one.problem]

    assert wait_for(lambda: not wrong()), wrong()  # the gateway says its own when it can
    places = {one.place for one in look(system.settings, system.kafka, SystemClock().now())}
    prefix = system.settings.database_prefix
    assert places >= {f"{prefix}_identity.accounts", f"{prefix}_gateway.answers"}
    assert f"{system.settings.topic_prefix}activity.member.v1" in places
