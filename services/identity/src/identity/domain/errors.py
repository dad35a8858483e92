"""The refusals identity knows, each with a stable reason."""

from __future__ import annotations

from common.errors import Conflict, Exists, Invalid, NotFound, Precondition, Unauthenticated


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


class ErasureNotFound(NotFound):
    """Nobody asked for this member's erasure."""

    reason = "ERASURE_NOT_FOUND"


class ErasureUnderWay(Precondition):
    """It has begun and cannot be changed any more."""

    reason = "ERASURE_UNDER_WAY"


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


class SecondFactorNeeded(Unauthenticated):
    """The password is right, and this account needs a code too."""

    reason = "SECOND_FACTOR_NEEDED"


class SecondFactorInvalid(CredentialsInvalid):
    """The password is right; the code is wrong, out of its time or was used before."""

    reason = "SECOND_FACTOR_INVALID"


class ProofInvalid(Precondition):
    """Somebody signed in could not prove again who she is; her token is as good as before."""

    reason = "PROOF_INVALID"


class StepUpNeeded(Unauthenticated):
    """The token is good, but its sign-in is too old or too weak for this (RFC 9470)."""

    reason = "STEP_UP_NEEDED"


class TotpActive(Precondition):
    """Sign-in needs a code already."""

    reason = "TOTP_ACTIVE"


class TotpNotBegun(Precondition):
    """There is nothing to confirm."""

    reason = "TOTP_NOT_BEGUN"


class BadgeNeeded(Precondition):
    """Nobody is a mentor without a badge that is valid."""

    reason = "BADGE_NEEDED"


class LastAdmin(Precondition):
    """A network would be left without an admin."""

    reason = "LAST_ADMIN"


class PasskeyInvalid(Precondition):
    """What a device answered cannot become a passkey of hers."""

    reason = "PASSKEY_INVALID"


class PasskeyNotFound(NotFound):
    """She has no such passkey."""

    reason = "PASSKEY_NOT_FOUND"


class ProfileChanged(Conflict):
    """It is another version than the one that was read."""

    reason = "PROFILE_CHANGED"


class AgeNotMet(Precondition):
    """She says that she is younger than the network's rule has it, or does not say otherwise."""

    reason = "AGE_NOT_MET"


class VersionMismatch(Conflict):
    """It is not, or no longer, at a version the caller knows."""

    reason = "VERSION_MISMATCH"


class NetworkNotOpen(Precondition):
    """No network of this name can be joined without an invite, whether or not there is one."""

    reason = "NETWORK_NOT_OPEN"


class JoiningRefused(ProofInvalid):
    """Not like this: no such network, not open, not on the roster, or there already."""

    reason = "JOINING_REFUSED"


class ApplicationDecided(Precondition):
    """She was let in or not before, and not like this."""

    reason = "APPLICATION_DECIDED"


class ApprovalPending(Unauthenticated):
    """The password is right; an admin has not let her in yet."""

    reason = "APPROVAL_PENDING"


class ApplicationDeclined(Unauthenticated):
    """The password is right; an admin did not let her in."""

    reason = "APPLICATION_DECLINED"


class InviteNotFound(NotFound):
    """No such invite in the caller's network."""

    reason = "INVITE_NOT_FOUND"


class LinkInvalid(Precondition):
    """The link of a mail was used, is too old, was replaced, or never was: which is not told."""

    reason = "LINK_INVALID"


class ConsentRequired(Precondition):
    """A text has to be shown and decided on first; the metadata say which."""

    reason = "CONSENT_REQUIRED"


class ConsentRecordNotFound(NotFound):
    """The caller made no such decision."""

    reason = "CONSENT_RECORD_NOT_FOUND"


class ExportExists(Exists):
    """The member has an export already."""

    reason = "EXPORT_EXISTS"


class ExportLinkInvalid(Precondition):
    """Another secret, an expired export, or none: which of them is not told."""

    reason = "EXPORT_LINK_INVALID"


class ExportNotReady(Precondition):
    """It is still being collected."""

    reason = "EXPORT_NOT_READY"
