"""Exchange a refresh token for new tokens; one that was used before ends its session."""

from __future__ import annotations

import secrets

from common import log
from common.clock import Clock

from identity.application.end_sessions import end_session
from identity.application.ports import Directory, Session, Tokens
from identity.application.retry import retrying
from identity.domain.device import ENDED, SECRET_BYTES, RefreshToken
from identity.domain.errors import RefreshTokenReused, SessionEnded

logger = log.get(__name__)


async def refresh_session(
    directory: Directory, tokens: Tokens, clock: Clock, refresh_token: str, request_id: str
) -> Session:
    """New tokens, with the roles the account has now.

    The same refresh token with the same request id gives the same next refresh token for a
    minute, so that a lost answer can be asked for again. Of several at once with different ids
    one is first, and the others are reuse. Raises Invalid, SessionEnded, RefreshTokenReused,
    ConcurrentUpdate.
    """
    token = RefreshToken.parse(refresh_token)
    return await retrying(lambda: _exchange(directory, tokens, clock, token, request_id))


async def _exchange(
    directory: Directory, tokens: Tokens, clock: Clock, token: RefreshToken, request_id: str
) -> Session:
    devices, now = directory.devices(token.network_id), clock.now()
    device = await devices.get(token.device_id)
    if device is None:
        raise SessionEnded(ENDED)
    account = await directory.accounts(token.network_id).get(device.member_id)
    if account is None or not device.signed_in(account.session_epoch, now):
        raise SessionEnded(ENDED)
    try:
        changed, following = device.exchange(
            token, request_id, secrets.token_bytes(SECRET_BYTES), now
        )
    except RefreshTokenReused:
        await end_session(directory, clock, device)
        logger.warning("session.refresh_token_reused", session_id=str(device.id))
        raise
    if changed is not device:
        await devices.save(changed)
    return tokens.issue(account, changed, following.text(), now)
