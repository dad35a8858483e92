"""What stands in a mail: few plain words, and nothing a glance over a shoulder could tell.

Neither subject nor text names the network, because its name may be a diagnosis.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from common.clock import Clock
from common.errors import Invalid

from identity.domain.mail import Kind, Letter


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    paragraphs: tuple[str, ...]
    button: str = ""
    path: str = ""
    after: tuple[str, ...] = ()


_NOT_YOU = "If this was not you, you need not do anything. Nothing has changed."
_UNKNOWN = (
    "If this was not you, ask for a new password at once, which ends all passkeys unless you keep"
    " them, and write to us."
)
_WORDS = {
    Kind.RESET: _Words(
        "Your link to choose a new password",
        ("Hello,", "you asked for a new password. With this link you can choose one:"),
        "Choose a new password", "reset-password",
        ("The link works once, for one hour. Afterwards you sign in anew on all your devices,"
         " and passkeys end unless you keep them.",
         _NOT_YOU),
    ),
    Kind.VERIFY: _Words(
        "Please confirm your e-mail address",
        ("Hello,", "please confirm that this address is yours, so that we can reach you when you"
         " forget your password:"),
        "Confirm my address", "verify-email",
        ("The link works once, for three days.", _NOT_YOU),
    ),
    Kind.JOIN: _Words(
        "Please confirm your e-mail address",
        ("Hello,", "somebody, probably you, asked to join with this address. With this link you"
         " confirm that it is yours, and choose a name and a password:"),
        "Go on", "join",
        ("The link works for two days.", _NOT_YOU),
    ),
    Kind.ALREADY_THERE: _Words(
        "You have an account already",
        ("Hello,", "somebody, probably you, wanted to use this address for an account. There is one"
         " with it already. Sign in with it, or ask for a new password if you forgot yours.",
         _NOT_YOU),
    ),
    Kind.APPROVED: _Words(
        "You can sign in now",
        ("Hello,", "good news: what you asked for was accepted. You can sign in now with this"
         " address and your password. Welcome!"),
    ),
    Kind.DECLINED: _Words(
        "About your request",
        ("Hello,", "thank you for asking. This time it was not possible: {reason}.",
         "What you wrote to us is deleted, and your account will be in 30 days."),
    ),
    Kind.PASSWORD_CHANGED: _Words(
        "Your password was changed",
        ("Hello,", "your password was changed just now, and all your devices were signed out."
         " {passkeys}",
         "If this was not you, ask for a new password at once, and write to us."),
    ),
    Kind.EMAIL_CHANGED: _Words(
        "Your e-mail address was changed",
        ("Hello,", "another e-mail address is used for your account from now on.",
         "If this was not you, write to us at once."),
    ),
    Kind.EXPORT_READY: _Words(
        "What you asked for is ready",
        ("Hello,", "your data are collected. Open the app where you asked for them, within seven"
         " days of that, to get them.",
         "If you did not ask for them, change your password at once, and write to us."),
    ),
    Kind.APPLICATION_ENDS: _Words(
        "About your request",
        ("Hello,", "nobody has decided yet on what you asked for 29 days ago. Unless that happens"
         " until tomorrow, your request ends, and what you wrote and your account are deleted. You"
         " can ask again."),
    ),
    Kind.PASSKEY_ADDED: _Words(
        "A passkey was added",
        ("Hello,", "a new passkey opens your account from now on.", _UNKNOWN),
    ),
    Kind.PASSKEY_REMOVED: _Words(
        "A passkey was removed",
        ("Hello,", "one of your passkeys does not open your account any more.", _UNKNOWN),
    ),
    Kind.SECOND_FACTOR_ADDED: _Words(
        "A second step was added",
        ("Hello,", "from now on a code is needed too, besides your password, when you sign in.",
         _UNKNOWN),
    ),
    Kind.SECOND_FACTOR_REMOVED: _Words(
        "The second step was removed",
        ("Hello,", "from now on your password is enough to sign in, without a code.", _UNKNOWN),
    ),
}  # fmt: skip
_REASONS = {
    "not_for_her": "this place is meant for other people",
    "unconfirmed": "we could not confirm what you told us",
    "full": "there is no room at the moment",
    "duplicate": "you have an account already",
}


@dataclass(frozen=True, slots=True)
class Stationery:
    """Who writes, and where the app is that links lead to."""

    sender: str
    app_url: str

    def link(self, letter: Letter) -> str:
        """The link of a letter, empty if it has none. What is behind the # reaches no server."""
        path = _WORDS[letter.kind].path
        return f"{self.app_url.rstrip('/')}/{path}#{letter.token}" if path else ""

    def write(self, letter: Letter, clock: Clock) -> EmailMessage:
        """The mail. Raises Invalid for an address that cannot stand in one."""
        words, link = _WORDS[letter.kind], self.link(letter)
        reason = _REASONS.get(letter.reason, "the answer was no")
        passkeys = _passkeys(letter.passkeys)
        before = [text.format(reason=reason, passkeys=passkeys) for text in words.paragraphs]
        message = EmailMessage()
        try:
            message["To"] = letter.to
            addresses = [one.addr_spec for one in message["To"].addresses]
        except (ValueError, IndexError):  # IndexError: a known bug of the header parser
            addresses = []
        if addresses != [letter.to] or "@" not in letter.to.strip("@"):
            raise Invalid("this address cannot stand in a mail")
        message["From"], message["Subject"] = self.sender, words.subject
        message["Date"] = format_datetime(clock.now())
        domain = parseaddr(self.sender)[1].rpartition("@")[2]
        message["Message-ID"] = f"<{letter.id}@{domain}>"  # the same when it is sent again
        message["Auto-Submitted"] = "auto-generated"
        text = [*before, *([link] if link else []), *words.after]
        message.set_content("\n\n".join(text) + "\n")
        message.add_alternative(_html(words, before, link), subtype="html")
        return message


def _passkeys(count: int) -> str:
    if not count:
        return "No passkey opens your account now."
    opens = "One passkey opens" if count == 1 else f"{count} passkeys open"
    return f"{opens} your account as before; look whether you know all of them."


def _html(words: _Words, before: list[str], link: str) -> str:
    parts = [f"<p>{html.escape(text)}</p>" for text in before]
    if link:
        parts.append(f'<p><a href="{html.escape(link)}">{html.escape(words.button)}</a></p>')
    parts += [f"<p>{html.escape(text)}</p>" for text in words.after]
    return f"<!doctype html><html><body>{''.join(parts)}</body></html>\n"
