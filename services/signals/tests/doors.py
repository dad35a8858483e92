"""Signals behind a real gRPC channel, and what it ought to answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import grpc
from common import auth, grpc_client, grpc_server, telemetry
from common.config import Address
from common.health import Health
from common.kafka_producer import Producer
from common.testing.clock import FakeClock
from kith.signals.v1 import signals_pb2 as pb
from kith.signals.v1 import signals_service_pb2_grpc as grpc_api
from policy.authorize import authorize
from signals.adapters.accesses import Accesses
from signals.application.ports import Signals
from signals.domain.days import ClosedDay
from signals.domain.engagement import Engagement
from signals.domain.estimate import Estimate, engagement_at, estimate
from signals.domain.state import MemberState
from signals.domain.window import MESSAGES
from signals.entrypoints.grpc import SignalService

from services.signals.tests.builders import DAY, PARAMETERS, stamp
from services.signals.tests.tokens import Issuer

ANY_PORT = Address("127.0.0.1", 0)
if TYPE_CHECKING:
    Stub = grpc_api.SignalServiceAsyncStub
else:  # known to its stubs only
    Stub = grpc_api.SignalServiceStub


@asynccontextmanager
async def opened(
    signals_of: Callable[[UUID], Signals], issuer: Issuer, clock: FakeClock, producer: Producer
) -> AsyncIterator[Stub]:
    """The service over a read model until the block ends; `producer` is told who looks."""
    interceptor = grpc_server.Interceptor(
        auth.Verifier(issuer.jwks, clock), telemetry.configure("signals", "off"), authorize,
        Accesses(producer, clock).record,
    )  # fmt: skip

    def register(server: grpc.aio.Server) -> None:
        service = SignalService(signals_of, PARAMETERS, clock)
        grpc_api.add_SignalServiceServicer_to_server(service, server)

    async with (
        grpc_server.serve(ANY_PORT, interceptor, Health(), register) as address,
        grpc_client.connect(address) as channel,
    ):
        yield grpc_api.SignalServiceStub(channel)


def signal_of(member_id: UUID, state: MemberState, at: int) -> pb.MemberSignal:
    """What the model alone says of her at a time, on the wire."""
    found, engagement = estimate(state, at, PARAMETERS), engagement_at(state, at)
    assert found is not None
    assert engagement is not None
    return pb.MemberSignal(
        member_id=str(member_id), engagement=_engagement(engagement), risk=_risk(found),
        as_of_time=stamp(at), last_activity_time=stamp(state.last_at) if state.last_at else None,
        last_survey_time=stamp(max(state.survey_at, state.check_in_at))
        if state.survey_at or state.check_in_at
        else None,
        consent_version=state.consent_version, model_version=PARAMETERS.version,
    )  # fmt: skip


def _engagement(found: Engagement) -> pb.Engagement:
    return pb.Engagement(
        score=found.score, active_days_7=found.active_days_7, active_days_28=found.active_days_28,
        messages_7=found.middle[MESSAGES], reciprocity=found.reciprocity,
    )  # fmt: skip


def _risk(found: Estimate) -> pb.LonelinessRisk:
    return pb.LonelinessRisk(
        probability=found.risk.p, probability_low=found.risk.p_low,
        probability_high=found.risk.p_high,
        status=pb.EstimateStatus.Value(f"ESTIMATE_STATUS_{found.status.name}"),
        band=pb.RiskBand.Value(f"RISK_BAND_{found.band.name if found.band else 'UNSPECIFIED'}"),
        reasons=[
            pb.Reason(code=one.source.name.lower(), contribution=one.theta, points=one.points)
            for one in found.reasons
        ],
    )  # fmt: skip


def course_of(days: Iterable[ClosedDay]) -> list[pb.CoursePoint]:
    """These days on the wire."""
    return [
        pb.CoursePoint(
            day=stamp(day.day * DAY), probability=day.p, probability_low=day.p_low,
            probability_high=day.p_high, engagement=day.engagement, messages=day.messages,
            consent_version=day.consent_version,
        )
        for day in days
    ]  # fmt: skip
