"""What the services accept, as far as a schema can say it: told to those who generate requests.

Nothing here is checked at the door. The services decide, and name what was wrong in their own
words; a schema that promised more than they take would be a mistake the API tests find.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

_LINE = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"
_TEXT = r"^[^\x00]*[^\s\x00][^\x00]*$"
UUID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


def told(**schema: Any) -> Meta:
    """Words of JSON Schema that describe and do not check."""
    return Meta(extra_json_schema=schema)


Uuid = Annotated[str, told(pattern=UUID_PATTERN)]
Line80 = Annotated[str, told(minLength=1, maxLength=80, pattern=_LINE)]
Line100 = Annotated[str, told(minLength=1, maxLength=100, pattern=_LINE)]
Line120 = Annotated[str, told(minLength=1, maxLength=120, pattern=_LINE)]
Text80 = Annotated[str, told(minLength=1, maxLength=80, pattern=_TEXT)]
Text4000 = Annotated[str, told(minLength=1, maxLength=4_000, pattern=_TEXT)]
Text10000 = Annotated[str, told(minLength=1, maxLength=10_000, pattern=_TEXT)]
Note500 = Annotated[str, told(maxLength=500, pattern=r"^[^\x00]*$")]
ClientId = Annotated[str, told(minLength=1, maxLength=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
Slug = Annotated[str, told(pattern="^[a-z0-9-]{2,40}$")]
StepId = Annotated[str, told(pattern="^[a-z0-9-]{1,40}$")]
Handle = Annotated[str, told(pattern="^[A-Za-z0-9_.-]{2,30}$")]
Email = Annotated[str, told(format="email", maxLength=254)]
Password = Annotated[str, told(minLength=1, maxLength=256)]
NewPassword = Annotated[str, told(minLength=12, maxLength=256)]
