"""The clock that empties the queue of mails."""

from __future__ import annotations

import asyncio

from common import log
from common.clock import Clock
from common.errors import Unavailable
from common.mongo import is_away

from identity import telemetry
from identity.application.mail_ports import Mails
from identity.application.send_mails import Postman

logger = log.get(__name__)
AT_ONCE = 50


async def drive(postman: Postman, mails: Mails, clock: Clock, every: float) -> None:
    """Send what is due, for ever, looking every `every` seconds; a database that is away is waited
    for. Any other error ends the process."""
    while True:
        try:
            for mail in await mails.due(clock.now(), AT_ONCE):
                outcome = await postman.step(mail)
                telemetry.count_mail(outcome)
                if outcome == "delayed":
                    break  # the server may be away: not each of them has to wait for that
        except Exception as error:
            if not (isinstance(error, Unavailable) or is_away(error)):
                raise
            logger.warning("mail.waits", error=type(error).__name__)
        await asyncio.sleep(every)
