"""What a network is like: told to its members and to who may join, changed by its admins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from common.errors import Invalid
from google.protobuf.field_mask_pb2 import FieldMask
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import network_pb2
from kith.identity.v1 import network_service_pb2 as api
from kith.identity.v1.identity_service_pb2 import GetNetworkRequest
from litestar import get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.conditions import tagged, versions_of
from gateway.entrypoints.http.fields import Input, Int32, Names, Output, Time, time
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Line100, Slug, told

TAGS = ["networks"]
StatementName = Literal["none", "confirmation", "birth_date"]
STATEMENTS: Names[StatementName] = Names(network_pb2.AgeStatement.DESCRIPTOR)
ModerationName = Literal["after", "before"]
MODERATIONS: Names[ModerationName] = Names(network_pb2.ModerationMode.DESCRIPTOR)
OpeningName = Literal["invite", "eligibility", "approval"]
OPENINGS: Names[OpeningName] = Names(network_pb2.OpeningRule.DESCRIPTOR)
_LOCALE = told(pattern="^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")
Locale = Annotated[str, _LOCALE]
MaybeLocale = Annotated[str, told(pattern="^([a-z]{2,3}(-[A-Z]{2})?)?$")]
PhoneNumber = Annotated[str, told(maxLength=31, pattern=r"^([+]?[0-9][0-9 ()/.-]{1,29})?$")]
Color = Annotated[str, told(pattern="^(#[0-9a-fA-F]{6})?$")]
Logo = Annotated[str, told(pattern="^([a-z0-9][a-z0-9/._-]{0,99})?$")]


class AgeRule(Input):
    """How old one has to be (0: no rule), and how one says so who joins."""

    minimum_age: Annotated[Int32, told(minimum=0, maximum=99)]
    statement: StatementName


class CrisisResource(Input):
    """Where help is: at least one of phone, text and url."""

    name: Line100
    phone: PhoneNumber = ""
    text: PhoneNumber = ""
    url: Annotated[str, told(maxLength=300)] = ""
    locale: MaybeLocale = ""
    hours: Annotated[str, told(maxLength=100)] = ""


class Branding(Input):
    """How the network looks; empty is the app's own. The logo is the key of an asset."""

    color: Color = ""
    logo: Logo = ""
    short_name: Annotated[str, told(maxLength=20)] = ""


class Network(Output):
    """A private network of members who live with the same thing."""

    id: str
    slug: str
    display_name: str
    time_zone: str
    create_time: Time
    locale: str
    age_rule: AgeRule
    moderation: ModerationName
    opening: OpeningName
    crisis_resources: list[CrisisResource]
    branding: Branding
    version: int


class JoiningNetwork(Output):
    """A network as those see it who may join it."""

    slug: str
    display_name: str
    locale: str
    age_rule: AgeRule
    opening: OpeningName
    crisis_resources: list[CrisisResource]
    branding: Branding


class UpdateNetwork(Input):
    """What changes, each as a whole; what is left out stays."""

    display_name: Line100 | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    age_rule: AgeRule | UnsetType = UNSET
    moderation: ModerationName | UnsetType = UNSET
    opening: OpeningName | UnsetType = UNSET
    crisis_resources: list[CrisisResource] | UnsetType = UNSET
    branding: Branding | UnsetType = UNSET


class LookUpNetwork(Input):
    """An invite, or the name of a network that can be joined without one."""

    invite_code: str | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET


def network_of(network: pb.Network) -> Network:
    return Network(
        id=network.id, slug=network.slug, display_name=network.display_name,
        time_zone=network.time_zone, create_time=time(network.create_time), locale=network.locale,
        age_rule=_age_rule_of(network.age_rule), moderation=MODERATIONS.text(network.moderation),
        opening=OPENINGS.text(network.opening),
        crisis_resources=[_resource_of(one) for one in network.crisis_resources],
        branding=_branding_of(network.branding), version=network.version,
    )  # fmt: skip


def _age_rule_of(rule: network_pb2.AgeRule) -> AgeRule:
    return AgeRule(minimum_age=rule.minimum_age, statement=STATEMENTS.text(rule.statement))


def _resource_of(one: network_pb2.CrisisResource) -> CrisisResource:
    return CrisisResource(
        name=one.name, phone=one.phone, text=one.text, url=one.url, locale=one.locale,
        hours=one.hours,
    )  # fmt: skip


def _branding_of(branding: network_pb2.Branding) -> Branding:
    return Branding(color=branding.color, logo=branding.logo, short_name=branding.short_name)


@post(
    "/v1/networks/lookup", dto=Json[LookUpNetwork], status_code=200,
    summary="What may be known of a network before joining it", tags=TAGS,
)  # fmt: skip
async def look_up_network(request: KithRequest, data: JSONBody[LookUpNetwork]) -> JoiningNetwork:
    if (data.invite_code is UNSET) is (data.slug is UNSET):
        raise Invalid("either an inviteCode or a slug is needed", field="inviteCode")
    asked = api.LookUpNetworkRequest()
    if data.invite_code is not UNSET:
        asked.invite_code = data.invite_code
    elif data.slug is not UNSET:
        asked.slug = data.slug
    reply = await request.ask(
        request.services.network_settings.LookUpNetwork, asked, address=request.client_address
    )
    found = reply.network
    return JoiningNetwork(
        slug=found.slug, display_name=found.display_name, locale=found.locale,
        age_rule=_age_rule_of(found.age_rule), opening=OPENINGS.text(found.opening),
        crisis_resources=[_resource_of(one) for one in found.crisis_resources],
        branding=_branding_of(found.branding),
    )  # fmt: skip


@get("/v1/network", summary="The caller's own network", tags=TAGS, after_request=tagged)
async def get_network(request: KithRequest) -> Network:
    reply = await request.ask(request.services.networks.GetNetwork, GetNetworkRequest())
    return network_of(reply.network)


@patch(
    "/v1/network", dto=Json[UpdateNetwork], summary="Change the network (network admin)",
    tags=TAGS, after_request=tagged,
)  # fmt: skip
async def update_network(request: KithRequest, data: JSONBody[UpdateNetwork]) -> Network:
    versions = versions_of(request.headers.get("if-match"))
    changes = {
        name: sent for name in data.__struct_fields__ if (sent := getattr(data, name)) is not UNSET
    }
    reply = await request.ask(
        request.services.network_settings.UpdateNetwork,
        api.UpdateNetworkRequest(
            network=pb.Network(**{name: _SENT[name](sent) for name, sent in changes.items()}),
            update_mask=FieldMask(paths=changes), versions=versions,
        ),
    )  # fmt: skip
    return network_of(reply.network)


def _same(sent: Any) -> Any:
    return sent


def _age_rule(sent: AgeRule) -> network_pb2.AgeRule:
    number = STATEMENTS.number(sent.statement)
    return network_pb2.AgeRule(minimum_age=sent.minimum_age, statement=number)


def _resources(sent: Sequence[CrisisResource]) -> list[network_pb2.CrisisResource]:
    return [network_pb2.CrisisResource(**msgspec.structs.asdict(one)) for one in sent]


def _branding(sent: Branding) -> network_pb2.Branding:
    return network_pb2.Branding(**msgspec.structs.asdict(sent))


_SENT: Mapping[str, Callable[[Any], Any]] = {
    "display_name": _same, "time_zone": _same, "locale": _same, "age_rule": _age_rule,
    "moderation": MODERATIONS.number, "opening": OPENINGS.number, "crisis_resources": _resources,
    "branding": _branding,
}  # fmt: skip
