"""What networks are like, on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from common import auth
from common.errors import Invalid
from common.grpc_server import Context
from kith.identity.v1 import identity_pb2, network_pb2
from kith.identity.v1 import network_service_pb2 as api
from kith.identity.v1 import network_service_pb2_grpc as grpc_api

from identity.application.update_network import network_to_join, update_network
from identity.domain.deed import Deed, Done
from identity.domain.network import Changes, Network
from identity.domain.network_rules import (
    AgeRule,
    AgeStatement,
    Branding,
    CrisisResource,
    Moderation,
    Opening,
    Stated,
    locale,
)
from identity.domain.roster import birth_date_of
from identity.entrypoints import translate
from identity.entrypoints.client_address import client_address
from identity.entrypoints.ports import Ports


class NetworkSettingsService(grpc_api.NetworkSettingsServiceServicer):
    """See protos/kith/identity/v1/network_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def LookUpNetwork(
        self, request: api.LookUpNetworkRequest, context: Context
    ) -> api.LookUpNetworkResponse:
        ports = self._ports
        if not request.WhichOneof("by"):
            raise Invalid("an invite_code or a slug is needed", field="invite_code")
        code = request.invite_code
        counters = ports.throttle.of_invited(code, client_address(context)) if code else ()
        found = await ports.throttle.attempt(
            counters,
            lambda: network_to_join(
                ports.directory, slug=request.slug, code=code, now=ports.clock.now()
            ),
        )
        told = network(found)
        return api.LookUpNetworkResponse(
            network=network_pb2.JoiningNetwork(
                slug=told.slug, display_name=told.display_name, locale=told.locale,
                age_rule=told.age_rule, opening=told.opening,
                crisis_resources=told.crisis_resources, branding=told.branding,
            )
        )  # fmt: skip

    async def UpdateNetwork(
        self, request: api.UpdateNetworkRequest, context: Context
    ) -> api.UpdateNetworkResponse:
        caller, ports = auth.current(), self._ports
        changed = await update_network(
            ports.directory.networks, caller.network_id, changes_of(request), request.versions,
            Done(Deed.NETWORK_UPDATED, caller.subject, ports.clock.now()),
        )  # fmt: skip
        return api.UpdateNetworkResponse(network=network(changed))


_STATEMENTS = {
    one: network_pb2.AgeStatement.Value(f"AGE_STATEMENT_{one.upper()}") for one in AgeStatement
}
_MODERATIONS = {
    one: network_pb2.ModerationMode.Value(f"MODERATION_MODE_{one.upper()}") for one in Moderation
}
_OPENINGS = {one: network_pb2.OpeningRule.Value(f"OPENING_RULE_{one.upper()}") for one in Opening}


def network(item: Network) -> identity_pb2.Network:
    """A network as its members are told it."""
    return identity_pb2.Network(
        id=str(item.id), slug=item.slug, display_name=item.display_name, time_zone=item.time_zone,
        create_time=translate.timestamp(item.created_at), locale=item.locale,
        age_rule=network_pb2.AgeRule(
            minimum_age=item.age_rule.minimum, statement=_STATEMENTS[item.age_rule.statement]
        ),
        moderation=_MODERATIONS[item.moderation], opening=_OPENINGS[item.opening],
        crisis_resources=[
            network_pb2.CrisisResource(
                name=one.name, phone=one.phone, text=one.text, url=one.url, locale=one.locale,
                hours=one.hours,
            )
            for one in item.crisis_resources
        ],
        branding=network_pb2.Branding(
            color=item.branding.color, logo=item.branding.logo, short_name=item.branding.short_name
        ),
        version=item.version,
    )  # fmt: skip


def changes_of(request: api.UpdateNetworkRequest) -> Changes:
    """What a request wants to be different. Raises Invalid."""
    changes = Changes()
    for path in request.update_mask.paths:
        if path not in _READERS:
            raise Invalid(f"{path} cannot be changed", field="update_mask")
        changes[path] = _READERS[path](request.network)  # type: ignore[literal-required]  # checked
    return changes


def stated(confirmed: bool, birth_date: str) -> Stated:
    """What somebody says of her age. Raises Invalid."""
    return Stated(confirmed, birth_date_of(birth_date) if birth_date else None)


def _age_rule(sent: identity_pb2.Network) -> AgeRule:
    statement = _meant(_STATEMENTS, sent.age_rule.statement, AgeStatement.NONE, "age_rule")
    return AgeRule(sent.age_rule.minimum_age, statement)


def _resource(sent: network_pb2.CrisisResource) -> CrisisResource:
    spoken = locale(sent.locale, "crisis_resources") if sent.locale else ""
    return CrisisResource(sent.name, sent.phone, sent.text, sent.url, spoken, sent.hours)


def _meant(known: Mapping[Any, int], number: int, usual: Any, field: str) -> Any:
    """The value of a number; the usual one of zero. Raises Invalid for one that is not known."""
    if number == 0:
        return usual
    for value, of_value in known.items():
        if of_value == number:
            return value
    raise Invalid(f"{field}: no such value", field=field)


_READERS: Mapping[str, Callable[[identity_pb2.Network], Any]] = {
    "display_name": lambda sent: sent.display_name,
    "time_zone": lambda sent: sent.time_zone,
    "locale": lambda sent: locale(sent.locale),
    "age_rule": _age_rule,
    "moderation": lambda sent: _meant(
        _MODERATIONS, sent.moderation, Moderation.AFTER, "moderation"
    ),
    "opening": lambda sent: _meant(_OPENINGS, sent.opening, Opening.INVITE, "opening"),
    "crisis_resources": lambda sent: tuple(map(_resource, sent.crisis_resources)),
    "branding": lambda sent: Branding(
        sent.branding.color, sent.branding.logo, sent.branding.short_name
    ),
}
