"""The description of REST as JSON and as pages; everything the pages load comes from here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import swagger_ui_bundle  # type: ignore[import-untyped]  # ships no types
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
PAGE = b"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kith</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
START = b"""\
SwaggerUIBundle({url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null});
"""
# Scripts come from files of this host alone; the bundle styles elements in place.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_DAY = "public, max-age=86400"


def pages(document: dict[str, Any]) -> Sequence[HTTPRouteHandler]:
    """The handlers of /openapi.json and /docs."""
    folder = Path(swagger_ui_bundle.swagger_ui_path)
    handlers = [
        _constant("/openapi.json", msgspec.json.encode(document), "application/json", "no-cache"),
        _constant("/docs", PAGE, "text/html", "no-cache"),
        _constant("/docs/start.js", START, ASSETS["swagger-ui-bundle.js"], "no-cache"),
    ]
    for name, media_type in ASSETS.items():
        content = (folder / name).read_bytes()
        handlers.append(_constant(f"/docs/{name}", content, media_type, _DAY))
    return handlers


def _constant(path: str, content: bytes, media_type: str, cache: str) -> HTTPRouteHandler:
    headers = {"cache-control": cache, "content-security-policy": POLICY}

    @get(path, include_in_schema=False)
    async def constant() -> Response[bytes]:
        return Response(content, media_type=media_type, headers=headers)

    return constant
