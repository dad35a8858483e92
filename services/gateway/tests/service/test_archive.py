"""Getting an export through the door: page by page, and safe to be kept by nobody on the way."""

from __future__ import annotations

import io
import json
from zipfile import ZipFile

import httpx
import pytest
from common.errors import Precondition
from common.grpc_server import Context
from kith.export.v1 import record_service_pb2 as records
from kith.identity.v1 import export_service_pb2 as api

from services.gateway.tests.gateways import Gateway
from services.gateway.tests.routes_export import PATH, SERVICE

pytestmark = pytest.mark.asyncio(loop_scope="module")
READ, ARCHIVE = SERVICE + "ReadExport", f"{PATH}/archive"
PAGES = 5


class LinkInvalid(Precondition):
    """As identity refuses."""

    reason = "EXPORT_LINK_INVALID"


async def paged(request: api.ReadExportRequest, context: Context) -> api.ReadExportResponse:
    """Identity with five pages, each of many words."""
    if request.secret != "good":
        raise LinkInvalid("this link opens nothing")
    number = int(request.page_token or 0)
    words = [json.dumps({"text": f"{number} {n} " + "word " * 200}) for n in range(50)]
    page = records.RecordPage(kind="posts", title="Your posts", about="Yours.", records=words)
    following = str(number + 1) if number + 1 < PAGES else ""
    return api.ReadExportResponse(service="community", page=page, next_page_token=following)


async def test_the_whole_of_it_comes_as_a_file_that_nobody_keeps(gateway: Gateway) -> None:
    gateway.services.replies[READ] = paged
    headers = gateway.headers() | {"export-secret": "good"}
    answer = await gateway.http.get(ARCHIVE, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="kith-export.zip"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    made = ZipFile(io.BytesIO(answer.content))
    assert made.testzip() is None
    assert len(json.loads(made.read("community/posts.json"))) == PAGES * 50


async def test_a_secret_that_opens_nothing_is_refused_as_a_problem(gateway: Gateway) -> None:
    gateway.services.replies[READ] = paged
    for sent in ({}, {"export-secret": "bad"}):
        answer = await gateway.http.get(ARCHIVE, headers=gateway.headers() | sent)
        assert (answer.status_code, answer.json()["reason"]) == (400, "EXPORT_LINK_INVALID")


async def test_one_that_breaks_off_is_seen_to_be_broken(gateway: Gateway) -> None:
    async def breaking(request: api.ReadExportRequest, context: Context) -> api.ReadExportResponse:
        if request.page_token == "3":
            raise LinkInvalid("it was thrown away meanwhile")
        return await paged(request, context)

    gateway.services.replies[READ] = breaking
    headers = gateway.headers() | {"export-secret": "good"}
    with pytest.raises(httpx.RemoteProtocolError):
        await gateway.http.get(ARCHIVE, headers=headers)
