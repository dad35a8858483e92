"""Every RPC has a rule, and every rule an RPC or a door of the gateway's own."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from kith.identity.v1 import identity_pb2
from policy.describe import ROLES, matching, rows, table
from policy.table import AVATARS, DOCS, FIELD, STREAM, TABLE


def methods() -> Iterator[MethodDescriptor]:
    """Every method of every service of the contracts."""
    root = Path(identity_pb2.__file__).parents[2]
    for path in sorted(root.rglob("*_pb2.py")):
        name = ".".join(("kith", *path.relative_to(root).with_suffix("").parts))
        file: FileDescriptor = importlib.import_module(name).DESCRIPTOR
        for service in file.services_by_name.values():
            yield from service.methods


def test_adding_an_rpc_without_a_rule_cannot_land() -> None:
    rpcs = {f"/{method.containing_service.full_name}/{method.name}" for method in methods()}
    assert len(rpcs) >= 37, "the walk no longer finds what there is"
    assert rpcs - TABLE.keys() == set(), "RPCs without a rule: add them to policy/table.py"
    others = {STREAM, DOCS, AVATARS, *FIELD.values()}
    assert TABLE.keys() - rpcs == others, "rules of what is no RPC"


def test_the_table_has_a_column_for_every_role() -> None:
    known = {name.removeprefix("ROLE_").lower() for name, _ in identity_pb2.Role.items()}
    assert set(ROLES) == known - {"unspecified"}


def test_the_table_has_a_row_for_every_action() -> None:
    assert [row[0] for row in rows()] == list(TABLE)
    assert all(f"| `{action}` |" in table() for action in TABLE)


@pytest.mark.parametrize(
    "name",
    ["SendMessage", "MessageService/SendMessage", "kith.messaging.v1.MessageService/SendMessage",
     "/kith.messaging.v1.MessageService/SendMessage"],
)  # fmt: skip
def test_an_action_is_found_by_any_end_of_its_name(name: str) -> None:
    assert matching(name) == ["/kith.messaging.v1.MessageService/SendMessage"]


def test_a_part_of_a_word_finds_nothing() -> None:
    assert matching("Message") == matching("") == matching("age") == []
