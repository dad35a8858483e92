"""The refusals identity knows, each with a stable reason."""

from __future__ import annotations

from common.errors import Exists, Invalid, NotFound, Precondition, Unauthenticated


class NetworkExists(Exists):
    """The slug belongs to another network."""

    reason = "NETWORK_EXISTS"


class NetworkNotFound(NotFound):
    """The caller's network is gone."""

    reason = "NETWORK_NOT_FOUND"


class InviteInvalid(Precondition):
    """Unknown, expired or used up: which of them is nobody's business."""

    reason = "INVITE_INVALID"


class HandleTaken(Exists):
    """Somebody in the network has this handle."""

    reason = "HANDLE_TAKEN"


class EmailTaken(Exists):
    """Somebody in the network signs in with this e-mail address."""

    reason = "EMAIL_TAKEN"


class AccountNotFound(NotFound):
    """No such account in the caller's network."""

    reason = "ACCOUNT_NOT_FOUND"


class CredentialsInvalid(Unauthenticated):
    """Network, e-mail address and password do not belong together."""

    reason = "CREDENTIALS_INVALID"


class ImportRowInvalid(Invalid):
    """A row of an import cannot be taken; the rows before it are kept."""

    reason = "IMPORT_ROW_INVALID"


class SessionEnded(Unauthenticated):
    """The refresh token opens nothing: signed out, expired, used before or never given."""

    reason = "SESSION_ENDED"


class RefreshTokenReused(SessionEnded):
    """The refresh token was used before; told as any other, since a thief may be listening."""
