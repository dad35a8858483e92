"""Everything Kith holds about the caller: asking for it, and getting it as one zip."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from common.clock import SystemClock
from kith.identity.v1 import export_service_pb2 as api
from litestar import delete, get, post
from litestar.params import HeaderParameter
from litestar.response import Stream
from msgspec import UNSET, UnsetType

from gateway.application.archive import Archive, Page
from gateway.entrypoints.http.fields import Names, Output, Time, time_if_set
from gateway.entrypoints.http.request import KithRequest

StateName = Literal["none", "collecting", "ready"]
STATES: Names[StateName] = Names(api.ExportState.DESCRIPTOR)
TAGS = ["leaving"]
MEDIA_TYPE = "application/zip"
# In a header, because addresses end in logs and in a browser's history.
Secret = Annotated[
    str, HeaderParameter(name="Export-Secret", description="From the answer that began it.")
]


class Export(Output):
    """How far it has come, in services; `expire_time` is when it can be read no more."""

    state: StateName
    done_count: int
    total_count: int
    create_time: Time | UnsetType = UNSET
    expire_time: Time | UnsetType = UNSET


class BegunExport(Output):
    """The export, and what opens it: the secret is shown once and kept nowhere."""

    export: Export
    secret: str


def export_of(export: api.Export) -> Export:
    return Export(
        state=STATES.text(export.state), done_count=export.done_count,
        total_count=export.total_count, create_time=time_if_set(export, "create_time"),
        expire_time=time_if_set(export, "expire_time"),
    )  # fmt: skip


@post(
    "/v1/accounts/me/export", summary="Begin to collect everything there is about the caller",
    tags=TAGS,
)  # fmt: skip
async def create_export(request: KithRequest) -> BegunExport:
    reply = await request.ask(request.services.exports.CreateExport, api.CreateExportRequest())
    return BegunExport(export_of(reply.export), reply.secret)


@get("/v1/accounts/me/export", summary="How far the caller's export has come", tags=TAGS)
async def get_export(request: KithRequest) -> Export:
    reply = await request.ask(request.services.exports.GetExport, api.GetExportRequest())
    return export_of(reply.export)


@delete("/v1/accounts/me/export", summary="Throw the caller's export away", tags=TAGS)
async def delete_export(request: KithRequest) -> None:
    await request.ask(request.services.exports.DeleteExport, api.DeleteExportRequest())


@get(
    "/v1/accounts/me/export/archive", summary="The caller's export as a zip", tags=TAGS,
    media_type=MEDIA_TYPE,
)  # fmt: skip
async def get_archive(request: KithRequest, secret: Secret = "") -> Stream:
    first = await _read(request, secret, "")  # a refusal is told before anything is sent
    return Stream(
        _zipped(request, secret, first), media_type=MEDIA_TYPE,
        headers={"content-disposition": 'attachment; filename="kith-export.zip"'},
    )  # fmt: skip


async def _zipped(
    request: KithRequest, secret: str, reply: api.ReadExportResponse
) -> AsyncIterator[bytes]:
    """The zip. One that breaks off is unreadable, as its table of contents comes last."""
    archive = Archive(SystemClock().now())
    try:
        while True:
            told = reply.page
            page = Page(reply.service, told.kind, told.title, told.about, told.records)
            if made := await asyncio.to_thread(archive.add, page):
                yield made
            if not reply.next_page_token:
                break
            reply = await _read(request, secret, reply.next_page_token)
        yield await asyncio.to_thread(archive.close)
    finally:
        archive.drop()


async def _read(request: KithRequest, secret: str, token: str) -> api.ReadExportResponse:
    wanted = api.ReadExportRequest(secret=secret, page_token=token)
    return await request.ask(request.services.exports.ReadExport, wanted)
