"""Promise 4: no words in Kafka. Walks every event descriptor there is.

An event may hold numbers, booleans, enums, times and identifiers. A string or bytes field must be
marked as an identifier with `(kith.options.v1.identifier)`; CONTRIBUTING says how.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor
from kith.options.v1 import options_pb2

WORDLESS = {"google.protobuf.Timestamp", "google.protobuf.Duration"}
TEXTUAL = {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES}


def event_files() -> list[FileDescriptor]:
    """The descriptors of every `…events.v<n>` package of the contracts."""
    root = Path(options_pb2.__file__).parents[2]
    files = sorted(root.rglob("*_events_pb2.py"))
    names = [".".join(("kith", *file.relative_to(root).with_suffix("").parts)) for file in files]
    return [importlib.import_module(name).DESCRIPTOR for name in names]


def messages_of(file: FileDescriptor) -> list[Descriptor]:
    """The top-level messages of a file: what is published."""
    return list(file.message_types_by_name.values())


def wordy(message: Descriptor, path: str = "") -> Iterator[str]:
    """Paths of the fields below `message` that could carry text a person wrote."""
    for field in message.fields:
        here = f"{path}{field.name}"
        if field.type in TEXTUAL:
            marked = field.GetOptions().Extensions[options_pb2.identifier]
            if marked == options_pb2.IDENTIFIER_UNSPECIFIED:
                yield here
        elif field.message_type is not None and field.message_type.full_name not in WORDLESS:
            yield from wordy(field.message_type, f"{here}.")


EVENTS = [message for file in event_files() for message in messages_of(file)]


def test_every_service_that_publishes_has_events_here() -> None:
    owners = {message.full_name.split(".")[1] for message in EVENTS}
    assert owners == {
        "activity", "audit", "community", "erasure", "identity", "messaging", "outcomes",
        "programs", "signals",
    }  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.full_name)
def test_an_event_has_no_field_for_words(event: Descriptor) -> None:
    assert list(wordy(event)) == []


def test_a_field_for_words_would_be_found_at_any_depth() -> None:
    file = descriptor_pb2.FileDescriptorProto(name="bad_events.proto", syntax="proto3")
    inner = file.message_type.add(name="Inner")
    inner.field.add(name="text", number=1, type=FieldDescriptor.TYPE_STRING, label=1)
    outer = file.message_type.add(name="Outer")
    outer.field.add(
        name="inner", number=1, type=FieldDescriptor.TYPE_MESSAGE, type_name=".Inner", label=3
    )
    outer.field.add(name="blob", number=2, type=FieldDescriptor.TYPE_BYTES, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    bad = pool.FindMessageTypeByName("Outer")
    assert list(wordy(bad)) == ["inner.text", "blob"]


def test_an_event_has_its_network_and_nothing_optional_hides_it() -> None:
    without = [event.full_name for event in EVENTS if not _has_network(event)]
    parts = [
        "kith.erasure.events.v1.ErasedKind", "kith.identity.events.v1.ConsentHeld",
        "kith.signals.events.v1.DayClosed",
    ]  # fmt: skip
    assert sorted(without) == parts  # of other events


def _has_network(event: Descriptor) -> bool:
    return "network_id" in event.fields_by_name
