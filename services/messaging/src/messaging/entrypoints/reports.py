"""The gRPC service of reports."""

from __future__ import annotations

from common import auth
from common.clock import Clock
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.messaging.v1 import report_service_pb2 as api
from kith.messaging.v1 import report_service_pb2_grpc as grpc_api

from messaging.adapters.events import REASONS
from messaging.adapters.mongo import Networks
from messaging.application.file_report import file_report
from messaging.domain.report import Complaint, ReportReason
from messaging.entrypoints.telling import timestamp


class ReportService(grpc_api.ReportServiceServicer):
    """See protos/kith/messaging/v1/report_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def CreateReport(
        self, request: api.CreateReportRequest, context: Context
    ) -> api.CreateReportResponse:
        access = auth.access()
        message_id = parse_id(request.message_id, "message_id") if request.message_id else None
        report = await file_report(
            self._networks.of(access.caller.network_id), access,
            conversation_id=parse_id(request.conversation_id, "conversation_id"),
            complaint=Complaint(message_id, _reason(request.reason), request.text),
            at=self._clock.now(),
        )  # fmt: skip
        return api.CreateReportResponse(id=str(report.id), create_time=timestamp(report.created_at))


def _reason(number: api.ReportReason.ValueType) -> ReportReason:
    for reason, known in REASONS.items():
        if known == number:
            return reason
    raise Invalid("reason must be one of the reasons there are", field="reason")
