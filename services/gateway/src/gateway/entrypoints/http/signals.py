"""Signals: engagement and loneliness risk of members."""

from __future__ import annotations

from typing import Annotated, Literal

from kith.signals.v1 import signals_pb2 as pb
from kith.signals.v1 import signals_service_pb2 as api
from litestar import get
from litestar.params import QueryParameter
from msgspec import UNSET, UnsetType

from gateway.entrypoints.http.fields import (
    AsOfTime,
    Names,
    Output,
    PageSize200,
    PageToken,
    PathId,
    Time,
    time,
    time_if_set,
    timestamp_of,
)
from gateway.entrypoints.http.request import KithRequest

StatusName = Literal["estimated", "needs_check_in", "unknown_recontact"]
BandName = Literal["low", "raised", "high"]
STATUSES: Names[StatusName] = Names(pb.EstimateStatus.DESCRIPTOR)
BANDS: Names[BandName] = Names(pb.RiskBand.DESCRIPTOR)
TAGS = ["signals"]
IncludeUnknown = Annotated[
    bool,
    QueryParameter(
        name="includeUnknown", description="Also those who were silent for more than 28 days."
    ),
]


class Reason(Output):
    """What it adds: to loneliness in standard deviations, to the risk in percentage points."""

    code: str
    contribution: float
    points: float


class Engagement(Output):
    """Descriptive activity; `reciprocity` is absent without messages."""

    score: float
    active_days7: int
    active_days28: int
    messages7: float
    reciprocity: float | UnsetType = UNSET


class LonelinessRisk(Output):
    """How likely UCLA-3 would come to 6 or more now; `band` is absent when it is not estimated."""

    probability: float
    probability_low: float
    probability_high: float
    status: StatusName
    reasons: list[Reason]
    band: BandName | UnsetType = UNSET


class MemberSignal(Output):
    """The latest about one member."""

    member_id: str
    engagement: Engagement
    risk: LonelinessRisk
    as_of_time: Time
    model_version: str
    consent_version: int
    last_activity_time: Time | UnsetType = UNSET
    last_survey_time: Time | UnsetType = UNSET


class SignalPage(Output):
    """Members by risk, highest first, estimated for one time."""

    signals: list[MemberSignal]
    next_page_token: str
    as_of_time: Time | UnsetType = UNSET


class SignalProgress(Output):
    """How far signals has come in the network."""

    member_count: int
    activity_count: int
    last_activity_time: Time | UnsetType = UNSET


def signal_of(signal: pb.MemberSignal) -> MemberSignal:
    return MemberSignal(
        member_id=signal.member_id, engagement=_engagement(signal.engagement),
        risk=_risk(signal.risk), as_of_time=time(signal.as_of_time),
        model_version=signal.model_version, consent_version=signal.consent_version,
        last_activity_time=time_if_set(signal, "last_activity_time"),
        last_survey_time=time_if_set(signal, "last_survey_time"),
    )  # fmt: skip


def _engagement(engagement: pb.Engagement) -> Engagement:
    known = engagement.HasField("reciprocity")
    return Engagement(
        score=engagement.score, active_days7=engagement.active_days_7,
        active_days28=engagement.active_days_28, messages7=engagement.messages_7,
        reciprocity=engagement.reciprocity if known else UNSET,
    )  # fmt: skip


def _risk(risk: pb.LonelinessRisk) -> LonelinessRisk:
    return LonelinessRisk(
        probability=risk.probability, probability_low=risk.probability_low,
        probability_high=risk.probability_high, status=STATUSES.text(risk.status),
        reasons=[
            Reason(code=one.code, contribution=one.contribution, points=one.points)
            for one in risk.reasons
        ],
        band=BANDS.text(risk.band) if risk.band else UNSET,
    )  # fmt: skip


@get("/v1/signals", summary="Members by loneliness risk", tags=TAGS)
async def list_signals(
    request: KithRequest, page_size: PageSize200 = 0, page_token: PageToken = "",
    as_of_time: AsOfTime = None, include_unknown: IncludeUnknown = False,
) -> SignalPage:  # fmt: skip
    reply = await request.ask(
        request.services.signals.ListMemberSignals,
        api.ListMemberSignalsRequest(
            page_size=page_size, page_token=page_token,
            as_of_time=timestamp_of(as_of_time, "asOfTime"), include_unknown=include_unknown,
        ),
    )  # fmt: skip
    return SignalPage(
        signals=[signal_of(signal) for signal in reply.signals],
        next_page_token=reply.next_page_token, as_of_time=time_if_set(reply, "as_of_time"),
    )  # fmt: skip


@get("/v1/signals/progress", summary="How far signals has come", tags=TAGS)
async def get_progress(request: KithRequest) -> SignalProgress:
    reply = await request.ask(request.services.signals.GetProgress, api.GetProgressRequest())
    return SignalProgress(
        member_count=reply.member_count, activity_count=reply.activity_count,
        last_activity_time=time_if_set(reply, "last_activity_time"),
    )  # fmt: skip


@get("/v1/signals/me", summary="The caller's own signal", tags=TAGS)
async def get_own_signal(request: KithRequest, as_of_time: AsOfTime = None) -> MemberSignal:
    return await _signal(request, "", as_of_time)


@get("/v1/signals/{member_id:str}", summary="One member's signal", tags=TAGS)
async def get_signal(
    request: KithRequest, member_id: PathId, as_of_time: AsOfTime = None
) -> MemberSignal:
    return await _signal(request, member_id, as_of_time)


async def _signal(request: KithRequest, member_id: str, as_of_time: str | None) -> MemberSignal:
    reply = await request.ask(
        request.services.signals.GetMemberSignal,
        api.GetMemberSignalRequest(
            member_id=member_id, as_of_time=timestamp_of(as_of_time, "asOfTime")
        ),
    )
    return signal_of(reply.signal)
