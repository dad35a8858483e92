"""`kith policy`: decisions in words, and the table as it is committed."""

from __future__ import annotations

from pathlib import Path

import pytest
from kith_cli.__main__ import build
from kith_cli.errors import Stop
from policy.describe import table
from typer.testing import CliRunner

from tools import render_policy

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/policy.md"


def kith(*arguments: str) -> tuple[int, str]:
    """Exit code and output of `kith policy …`."""
    answer = CliRunner().invoke(build(["policy"]), ["policy", *arguments])
    if isinstance(answer.exception, Stop):
        raise answer.exception
    return answer.exit_code, answer.output


def test_it_says_what_is_decided_by_which_rule_and_why() -> None:
    code, output = kith("explain", "--role", "member", "--action", "CreateInvite")
    assert code == 1
    assert output.splitlines() == [
        "action    /kith.identity.v1.InviteService/CreateInvite",
        "actor     member",
        "decision  forbidden",
        "rule      network_admin",
        "reason    needs network_admin",
    ]


@pytest.mark.parametrize(
    "flags, code, decision",
    [
        (["--role", "member"], 0, "depends on the resource"),
        (["--role", "member", "--owner", "self"], 0, "allow"),
        (["--role", "member", "--owner", "other"], 1, "forbidden"),
        (["--role", "member", "--own-network"], 1, "forbidden"),
        (["--role", "member", "--role", "moderator"], 0, "allow"),
        (["--role", "moderator", "--other-network"], 1, "not found"),
        ([], 1, "sign in first"),
        (["--role", "moderator", "--owes", "service", "--owner", "other"], 1, "consent first"),
        (["--role", "moderator", "--owes", "service", "--owner", "self"], 0, "allow"),
    ],
)
def test_flags_say_who_asks_and_about_what(flags: list[str], code: int, decision: str) -> None:
    exit_code, output = kith("explain", "--action", "GetAccount", *flags)
    assert (exit_code, output.splitlines()[2]) == (code, f"decision  {decision}")


@pytest.mark.parametrize(
    "flags, code, decision",
    [
        (["--takes-part"], 0, "allow"),
        (["--no-part"], 1, "not found"),
        (["--takes-part", "--other-network"], 1, "not found"),
    ],
)
def test_who_takes_part_is_a_flag(flags: list[str], code: int, decision: str) -> None:
    exit_code, output = kith("explain", "--role", "mentor", "--action", "SendMessage", *flags)
    assert (exit_code, output.splitlines()[2]) == (code, f"decision  {decision}")


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--action", "Fly"], "No one action is called 'Fly'"),
        (["--action", "GetAccount", "--role", "queen"], "There is no role 'queen'"),
        (["--action", "GetAccount", "--role", "member", "--owner", "me"], "self or other"),
    ],
)
def test_what_cannot_be_asked_is_said(arguments: list[str], told: str) -> None:
    with pytest.raises(Stop, match=told):
        kith("explain", *arguments)


def test_the_table_is_the_committed_one() -> None:
    assert kith("table") == (0, table())
    assert DOCUMENT.read_text() == table()


def test_a_stale_document_is_noticed_and_rewritten(tmp_path: Path) -> None:
    target = tmp_path / "policy.md"
    assert render_policy.main(["--check"], target) == 1
    assert render_policy.main([], target) == 0
    assert render_policy.main(["--check"], target) == 0
    target.write_text(target.read_text() + "x")
    assert render_policy.main(["--check"], target) == 1
