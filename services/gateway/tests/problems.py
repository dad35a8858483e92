"""What every refusal must look like."""

from __future__ import annotations

import httpx
from common.problem import CONTENT_TYPE


def assert_problem(answer: httpx.Response, status: int, reason: str, field: str = "") -> None:
    """A problem+json that says all it should."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == CONTENT_TYPE
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["reason"] == reason
    assert problem["type"].endswith("/" + reason.lower().replace("_", "-"))
    assert problem["title"]
    assert problem.get("metadata", {}).get("field", "") == field
