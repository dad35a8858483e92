"""The policy for people: the whole table as text, and actions by their short names."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from policy.consent import SERVICE
from policy.decide import decide
from policy.decision import Answer
from policy.facts import NOBODY, Actor
from policy.table import TABLE

ROLES = (
    "member", "mentor", "moderator", "care_team", "network_admin", "sponsor_analyst",
    "platform_operator",
)  # fmt: skip
"""All roles that a person can have, as access tokens name them."""
_MARKS = {
    Answer.ALLOW: "yes", Answer.LATER: "if", Answer.FORBID: "–", Answer.SIGN_IN: "–",
    Answer.CONSENT: "–",
}  # fmt: skip
_SOMEBODY = UUID(int=1)
HEAD = """\
# Who may do what

Rendered from `libs/policy` by `make generate`; change it there. How a decision comes about: ADR 12.

*yes*: allowed. *if*: it depends on the resource, as the rule says. *–*: refused at the door.
*before consent*: what a member may do who has not agreed to *service*, or not to the version that
is needed by now (ADR 19); everything else is answered CONSENT_REQUIRED.
Whatever the rule, a thing of another network is answered like one that does not exist.
"""


def rows() -> Iterator[tuple[str, ...]]:
    """Of each action: its name, its rule, and what nobody, each role, and a member who has not
    agreed to *service* get at the door."""
    for action, rule in TABLE.items():
        actors = [NOBODY, *(_actor(role) for role in ROLES), _UNDECIDED]
        marks = (_MARKS[decide(actor, action).answer] for actor in actors)
        yield action, rule.text, *marks


def table() -> str:
    """The whole table as Markdown."""
    heads = ["action", "rule", "nobody", *(role.replace("_", " ") for role in ROLES)]
    heads.append("before consent")
    lines = [heads, ["---"] * len(heads), *([f"`{row[0]}`", *row[1:]] for row in rows())]
    body = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"{HEAD}\n{body}"


def matching(name: str) -> list[str]:
    """The actions with this name: in full, or only its last part or parts ("SendMessage")."""
    wanted = name.removeprefix("/")
    return [action for action in TABLE if f"/{action[1:]}".endswith((f"/{wanted}", f".{wanted}"))]


def _actor(role: str) -> Actor:
    return NOBODY._replace(member_id=_SOMEBODY, roles=frozenset({role}))


_UNDECIDED = _actor("member")._replace(owes=((SERVICE, 1),))
