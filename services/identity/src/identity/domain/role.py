"""What a person may do in her network."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from common.errors import Invalid


class Role(StrEnum):
    """The values are the names in access tokens, so they never change."""

    MEMBER = "member"
    MENTOR = "mentor"
    MODERATOR = "moderator"
    CARE_TEAM = "care_team"
    NETWORK_ADMIN = "network_admin"
    SPONSOR_ANALYST = "sponsor_analyst"
    PLATFORM_OPERATOR = "platform_operator"


def grantable(roles: Iterable[Role]) -> frozenset[Role]:
    """Roles that one person may give another. Raises Invalid: none, or platform operator."""
    given = frozenset(roles)
    if not given:
        raise Invalid("at least one role is needed", field="roles")
    if Role.PLATFORM_OPERATOR in given:
        raise Invalid("platform operator cannot be given", field="roles")
    return given
