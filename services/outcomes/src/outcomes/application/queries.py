"""Reading responses; everybody sees her own."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common.auth import Caller

from outcomes.application.ports import Responses
from outcomes.domain.response import Response


async def own_responses(
    responses: Responses, caller: Caller, before: UUID | None, size: int
) -> tuple[Sequence[Response], bool]:
    """A page of the caller's responses, newest first, and whether there are more."""
    found = await responses.page(caller.subject, before, size + 1)
    return found[:size], len(found) > size
