"""Loaded by schemathesis: gives each generated request that has a good Idempotency-Key its own.

Generated keys are few, so nearly all requests would be refused as somebody else's; and the same
request made again has the same key, so stored answers are held against the description too.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import schemathesis

KEY = "Idempotency-Key"
_GOOD = re.compile(r'"[!#-\[\]-~]{16,255}"|[!#-\[\]-~]{16,255}')


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Called by schemathesis before each request; see its hooks."""
    headers = case.headers or {}
    if _GOOD.fullmatch(str(headers.get(KEY, ""))):
        asked = f"{case.method} {case.formatted_path} {case.query} {case.body!r}"
        headers[KEY] = hashlib.sha256(asked.encode(errors="replace")).hexdigest()
