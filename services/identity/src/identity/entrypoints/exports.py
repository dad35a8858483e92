"""Exports: the gRPC service, and the clock that collects them."""

from __future__ import annotations

import asyncio
from datetime import datetime

from common import auth, log
from common.clock import Clock, epoch_millis
from common.errors import Invalid, Unavailable
from common.grpc_server import Context
from common.mongo import is_away
from google.protobuf.timestamp_pb2 import Timestamp
from kith.export.v1 import record_service_pb2 as records
from kith.identity.v1 import export_service_pb2 as api
from kith.identity.v1 import export_service_pb2_grpc as grpc_api

from identity.application.collect_export import Collect
from identity.application.export_ports import DueExports
from identity.application.exporting import Exporting
from identity.application.step_up import StepUp
from identity.domain.export import Export

logger = log.get(__name__)
AT_ONCE = 20
PAGES = 50
"""Of one export in a row, so that a long one lets others through."""


class ExportService(grpc_api.ExportServiceServicer):
    """See protos/kith/identity/v1/export_service.proto."""

    def __init__(self, exporting: Exporting, step_up: StepUp) -> None:
        self._exporting = exporting
        self._step_up = step_up

    async def CreateExport(
        self, request: api.CreateExportRequest, context: Context
    ) -> api.CreateExportResponse:
        await self._step_up.check(auth.current())
        export, secret = await self._exporting.create(auth.current())
        return api.CreateExportResponse(export=_told(export), secret=secret)

    async def GetExport(
        self, request: api.GetExportRequest, context: Context
    ) -> api.GetExportResponse:
        return api.GetExportResponse(export=_told(await self._exporting.get(auth.current())))

    async def DeleteExport(
        self, request: api.DeleteExportRequest, context: Context
    ) -> api.DeleteExportResponse:
        await self._exporting.delete(auth.current())
        return api.DeleteExportResponse()

    async def ReadExport(
        self, request: api.ReadExportRequest, context: Context
    ) -> api.ReadExportResponse:
        number = _number(request.page_token)
        await self._step_up.check(auth.current(), goes_on=number > 0)
        opened = await self._exporting.read(auth.current(), request.secret, number)
        return api.ReadExportResponse(
            service=opened.service, page=records.RecordPage.FromString(opened.content),
            next_page_token="" if opened.next is None else str(opened.next),
        )  # fmt: skip


async def drive(collect: Collect, due: DueExports, clock: Clock, every: float) -> None:
    """Collect what is due, for ever, looking every `every` seconds; a database that is away is
    waited for. Any other error ends the process."""
    while True:
        try:
            for export in await due.due(clock.now(), AT_ONCE):
                await _some_pages(collect, export)
        except Exception as error:
            if not (isinstance(error, Unavailable) or is_away(error)):
                raise
            logger.warning("export.waits", error=type(error).__name__)
        await asyncio.sleep(every)


async def _some_pages(collect: Collect, export: Export) -> None:
    current: Export | None = export
    for _ in range(PAGES):
        if current is None:
            return
        current = await collect.step(current)


def _number(token: str) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdecimal() and len(token) < 10):
        raise Invalid("the page token is from somewhere else", field="page_token")
    return int(token)


def _told(export: Export | None) -> api.Export:
    if export is None:
        return api.Export(state=api.EXPORT_STATE_NONE)
    state = api.EXPORT_STATE_READY if export.ready else api.EXPORT_STATE_COLLECTING
    return api.Export(
        state=state, done_count=export.done, total_count=len(export.services),
        create_time=_timestamp(export.started_at), expire_time=_timestamp(export.expires_at),
    )  # fmt: skip


def _timestamp(at: datetime) -> Timestamp:
    seconds, millis = divmod(epoch_millis(at), 1000)
    return Timestamp(seconds=seconds, nanos=millis * 1_000_000)
