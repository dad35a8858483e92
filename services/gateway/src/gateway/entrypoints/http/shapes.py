"""What the services accept, as far as a schema can say it: told to those who generate requests.

Nothing here is checked at the door. The services decide, and name what was wrong in their own
words; a schema that promised more than they take would be a mistake the API tests find.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_LINE = rf"^[^\s{_CONTROL}]([^{_CONTROL}]*[^\s{_CONTROL}])?$"
_TEXT = r"^[^\x00]*[^\s\x00][^\x00]*$"
STEP_PATTERN = "^[a-z0-9-]{1,40}$"
REFERENCE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
UUID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


TOLD = "x-told"


def told(**schema: Any) -> Meta:
    """Words of JSON Schema that describe and do not check, and win over what msgspec says."""
    return Meta(extra_json_schema={TOLD: schema})


def tell(schema: Any) -> None:
    """Put what was told where a reader of the schema looks for it."""
    if isinstance(schema, dict):
        schema.update(schema.pop(TOLD, {}))
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            tell(part)


Uuid = Annotated[str, told(pattern=UUID_PATTERN)]
Entry60 = Annotated[str, told(minLength=1, maxLength=60, pattern=_LINE)]
Line60 = Annotated[str, told(maxLength=60, pattern=f"{_LINE}|^$")]
Line80 = Annotated[str, told(minLength=1, maxLength=80, pattern=_LINE)]
Line100 = Annotated[str, told(minLength=1, maxLength=100, pattern=_LINE)]
Line120 = Annotated[str, told(minLength=1, maxLength=120, pattern=_LINE)]
Title80 = Annotated[
    str,
    told(minLength=1, maxLength=80, pattern=rf"^[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*$"),
]
Text80 = Annotated[str, told(minLength=1, maxLength=80, pattern=_TEXT)]
Text100 = Annotated[str, told(minLength=1, maxLength=100, pattern=_TEXT)]
Text200 = Annotated[str, told(minLength=1, maxLength=200, pattern=_TEXT)]
Text300 = Annotated[str, told(minLength=1, maxLength=300, pattern=_TEXT)]
Text4000 = Annotated[str, told(minLength=1, maxLength=4_000, pattern=_TEXT)]
Text10000 = Annotated[str, told(minLength=1, maxLength=10_000, pattern=_TEXT)]
Note300 = Annotated[str, told(maxLength=300, pattern=r"^[^\x00]*$")]
Note500 = Annotated[str, told(maxLength=500, pattern=r"^[^\x00]*$")]
Note1000 = Annotated[str, told(maxLength=1_000, pattern=r"^[^\x00]*$")]
Note2000 = Annotated[str, told(maxLength=2_000, pattern=r"^[^\x00]*$")]
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TOP = "[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
_REST = r"([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
WebAddress = Annotated[
    str, told(maxLength=2_000, pattern=rf"^https://({_LABEL}\.)+{_TOP}([/?#]{_REST})?$")
]
LanguageTag = Annotated[
    str,
    told(
        pattern="^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?"
        "(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3})){0,2}$"
    ),
]
# An id is for machines: checked here, because "printable" is more than a schema can say.
ClientId = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[ -~]*$")]
Slug = Annotated[str, told(pattern="^[a-z0-9-]{2,40}$")]
StepId = Annotated[str, told(pattern=STEP_PATTERN)]
Handle = Annotated[str, told(pattern="^[A-Za-z0-9_.-]{2,30}$")]
Email = Annotated[str, told(format="email", maxLength=254)]
Password = Annotated[str, told(minLength=1, maxLength=256)]
NewPassword = Annotated[str, told(minLength=12, maxLength=256)]
