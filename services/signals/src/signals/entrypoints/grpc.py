"""Signals' gRPC service: translate, one call, translate back."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from common import auth
from common.clock import Clock, epoch_millis
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.signals.v1 import signals_pb2 as pb
from kith.signals.v1 import signals_service_pb2 as api
from kith.signals.v1 import signals_service_pb2_grpc as grpc_api
from policy import Facts

from signals.adapters.events import timestamp
from signals.application import queries
from signals.application.ports import Signals
from signals.application.queries import Signal
from signals.domain.activity import DAY
from signals.domain.days import ClosedDay
from signals.domain.estimate import Band, Status
from signals.domain.parameters import Parameters
from signals.domain.window import MESSAGES

_LATEST = 253_402_300_799_000
_STATUS = {
    Status.ESTIMATED: pb.ESTIMATE_STATUS_ESTIMATED,
    Status.NEEDS_CHECK_IN: pb.ESTIMATE_STATUS_NEEDS_CHECK_IN,
    Status.UNKNOWN_RECONTACT: pb.ESTIMATE_STATUS_UNKNOWN_RECONTACT,
}
_BAND = {
    None: pb.RISK_BAND_UNSPECIFIED, Band.LOW: pb.RISK_BAND_LOW,
    Band.RAISED: pb.RISK_BAND_RAISED, Band.HIGH: pb.RISK_BAND_HIGH,
}  # fmt: skip


class SignalService(grpc_api.SignalServiceServicer):
    """See protos/kith/signals/v1/signals_service.proto."""

    def __init__(
        self, signals_of: Callable[[UUID], Signals], parameters: Parameters, clock: Clock
    ) -> None:
        self._signals_of = signals_of
        self._parameters = parameters
        self._clock = clock

    async def GetMemberSignal(
        self, request: api.GetMemberSignalRequest, context: Context
    ) -> api.GetMemberSignalResponse:
        signals, member_id = self._readable(request.member_id)
        as_of = _millis(request.as_of_time) if request.HasField("as_of_time") else None
        at = epoch_millis(self._clock.now()) if as_of is None else as_of
        signal = await queries.member_signal(signals, member_id, at, self._parameters)
        return api.GetMemberSignalResponse(signal=_signal(signal))

    async def ListMemberSignals(
        self, request: api.ListMemberSignalsRequest, context: Context
    ) -> api.ListMemberSignalsResponse:
        caller = auth.current()
        page = await queries.top_signals(
            self._signals_of(caller.network_id), self._parameters,
            as_of=_millis(request.as_of_time) if request.HasField("as_of_time") else None,
            include_unknown=request.include_unknown, after=_rank(request.page_token),
            limit=_size(request.page_size, default=20, most=200),
        )  # fmt: skip
        auth.access().lists([signal.member_id for signal in page.signals])
        return api.ListMemberSignalsResponse(
            signals=map(_signal, page.signals), next_page_token=page.next.hex(),
            as_of_time=timestamp(page.as_of),
        )  # fmt: skip

    async def ListCoursePoints(
        self, request: api.ListCoursePointsRequest, context: Context
    ) -> api.ListCoursePointsResponse:
        signals, member_id = self._readable(request.member_id)
        size = _size(request.page_size, default=400, most=1000)
        days, more = await queries.course(signals, member_id, _day(request.page_token), size)
        token = "" if more is None else str(more)
        return api.ListCoursePointsResponse(points=map(_point, days), next_page_token=token)

    async def GetProgress(
        self, request: api.GetProgressRequest, context: Context
    ) -> api.GetProgressResponse:
        caller = auth.current()
        progress = await self._signals_of(caller.network_id).progress()
        return api.GetProgressResponse(
            member_count=progress.members, activity_count=progress.activities,
            last_activity_time=timestamp(progress.last_activity),
        )  # fmt: skip

    def _readable(self, member_id: str) -> tuple[Signals, UUID]:
        """The read model and whose signal is asked for. Raises Invalid, Forbidden."""
        access = auth.access()
        caller = access.caller
        wanted = parse_id(member_id, "member_id") if member_id else caller.subject
        access.require(Facts(caller.network_id, owner_id=wanted))
        return self._signals_of(caller.network_id), wanted


def _signal(signal: Signal) -> pb.MemberSignal:
    estimate, engagement, state = signal.estimate, signal.engagement, signal.state
    return pb.MemberSignal(
        member_id=str(signal.member_id),
        engagement=pb.Engagement(
            score=engagement.score, active_days_7=engagement.active_days_7,
            active_days_28=engagement.active_days_28, messages_7=engagement.middle[MESSAGES],
            reciprocity=engagement.reciprocity,
        ),
        risk=pb.LonelinessRisk(
            probability=estimate.risk.p, probability_low=estimate.risk.p_low,
            probability_high=estimate.risk.p_high,
            status=_STATUS[estimate.status],
            band=_BAND[estimate.band],
            reasons=[
                pb.Reason(code=reason.source.name.lower(), contribution=reason.theta,
                          points=reason.points)
                for reason in estimate.reasons
            ],
        ),
        as_of_time=timestamp(estimate.as_of), last_activity_time=timestamp(state.last_at),
        last_survey_time=timestamp(max(state.survey_at, state.check_in_at)),
        model_version=estimate.model, consent_version=state.consent_version,
    )  # fmt: skip


def _point(day: ClosedDay) -> pb.CoursePoint:
    return pb.CoursePoint(
        day=Timestamp(seconds=day.day * DAY // 1000), probability=day.p,
        probability_low=day.p_low, probability_high=day.p_high, engagement=day.engagement,
        messages=day.messages, consent_version=day.consent_version,
    )  # fmt: skip


def _millis(at: Timestamp) -> int:
    millis = at.seconds * 1000 + at.nanos // 1_000_000
    if not 0 < millis <= _LATEST:
        raise Invalid("as_of_time must be between 1970 and 9999", field="as_of_time")
    return millis


def _size(asked: int, *, default: int, most: int) -> int:
    if not 0 <= asked <= most:
        raise Invalid(f"page_size must be 1 to {most}, or 0 for {default}", field="page_size")
    return asked or default


def _rank(token: str) -> bytes:
    try:
        rank = bytes.fromhex(token)
    except ValueError:
        rank = b"?"
    if len(rank) not in (0, 24):
        raise Invalid("page_token must come from the page before", field="page_token")
    return rank


def _day(token: str) -> int:
    if not token:
        return -1
    if not (token.isascii() and token.isdigit()) or len(token) > 9:
        raise Invalid("page_token must come from the page before", field="page_token")
    return int(token)
