"""`kith policy explain|table`: who may do what, and why."""

from __future__ import annotations

from typing import Annotated

import typer


def register(kith: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Who may do what, and why.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command()(explain)
    group.command()(table)
    kith.add_typer(group, name="policy")


def explain(
    action: Annotated[str, typer.Option(help="an RPC, in full or the end of its name")],
    role: Annotated[
        list[str] | None, typer.Option(help="a role of the actor; none: nobody signed in")
    ] = None,
    own_network: Annotated[
        bool | None,
        typer.Option("--own-network/--other-network", help="where the thing is"),
    ] = None,
    owner: Annotated[str | None, typer.Option(help="whose the thing is: self or other")] = None,
    takes_part: Annotated[
        bool | None,
        typer.Option("--takes-part/--no-part", help="whether the actor takes part in the thing"),
    ] = None,
    owes: Annotated[
        list[str] | None,
        typer.Option(
            help="a purpose of consent that the actor owes a decision on: service, signals"
        ),
    ] = None,
) -> None:
    """One decision: what the policy answers, by which rule, for what reason.

    Without anything said about the thing it is the decision at the door; exit code 1 if denied.
    """
    from kith_cli.policy import Question, explained

    question = Question(tuple(role or ()), own_network, owner, takes_part, tuple(owes or ()))
    text, allowed = explained(action, question)
    typer.echo(text)
    raise typer.Exit(0 if allowed else 1)


def table() -> None:
    """The whole table, as in docs/policy.md."""
    from policy.describe import table as rendered

    typer.echo(rendered(), nl=False)
