"""The routes of exports, each with one good request."""

from __future__ import annotations

from kith.export.v1 import record_service_pb2 as records
from kith.identity.v1 import export_service_pb2 as api

from services.gateway.tests.builders import AT, Json, Route, stamp

SERVICE, PATH = "/kith.identity.v1.ExportService/", "/v1/accounts/me/export"
EXPORT_PB = api.Export(
    state=api.EXPORT_STATE_COLLECTING, done_count=2, total_count=6, create_time=stamp(),
    expire_time=stamp(),
)  # fmt: skip
EXPORT_JSON: Json = {
    "state": "collecting", "doneCount": 2, "totalCount": 6, "createTime": AT, "expireTime": AT,
}  # fmt: skip
PAGE = records.RecordPage(
    kind="posts", title="Your posts", about="What you wrote.", records=['{"text": "Hello"}']
)
EXPORT = [
    Route(
        "POST", PATH, SERVICE + "CreateExport", api.CreateExportRequest(),
        api.CreateExportResponse(export=EXPORT_PB, secret="s"),
        {"export": EXPORT_JSON, "secret": "s"}, status=201,
    ),
    Route(
        "GET", PATH, SERVICE + "GetExport", api.GetExportRequest(),
        api.GetExportResponse(export=EXPORT_PB), EXPORT_JSON,
    ),
    Route(
        "DELETE", PATH, SERVICE + "DeleteExport", api.DeleteExportRequest(),
        api.DeleteExportResponse(), None, status=204,
    ),
    Route(
        "GET", f"{PATH}/archive", SERVICE + "ReadExport", api.ReadExportRequest(),
        api.ReadExportResponse(service="community", page=PAGE), "application/zip",
    ),
]  # fmt: skip
