"""Reads deploy/k8s as the tests need it: documents, references, overlays, a pod's environment."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

K8S = Path(__file__).resolve().parents[1] / "k8s"
BASE = K8S / "base"
OVERLAYS = tuple(sorted(path for path in (K8S / "overlays").iterdir()))
BACKENDS = ("identity", "community", "messaging", "programs", "outcomes", "signals")
SERVICES = ("gateway", *BACKENDS)
KUSTOMIZATION = "kustomization.yaml"
OPERATORS = frozenset({"kafka.strimzi.io/v1"})  # Kubernetes itself has no schema of these
Document = dict[str, Any]


def documents(path: Path) -> list[Document]:
    """What one file holds."""
    return list(yaml.safe_load_all(path.read_text()))


def kustomization(folder: Path) -> Document:
    """The kustomization of a folder."""
    (found,) = documents(folder / KUSTOMIZATION)
    return found


def references(folder: Path) -> list[Path]:
    """Every file and folder the kustomization of a folder names."""
    document = kustomization(folder)
    names = list(document.get("resources", ()))
    names += [patch["path"] for patch in document.get("patches", ()) if "path" in patch]
    for generator in document.get("configMapGenerator", ()):
        names += [*generator.get("envs", ()), *generator.get("files", ())]
    return [(folder / name).resolve() for name in names]


def reached(folder: Path) -> set[Path]:
    """Every file and folder reached from a kustomization, directly or through others."""
    found = set(references(folder))
    for path in references(folder):
        if path.is_dir():
            found |= reached(path)
    return found


def base() -> list[Document]:
    """Every resource of the base."""
    files = sorted(path for path in reached(BASE) if path.suffix == ".yaml")
    return [document for path in files for document in documents(path)]


def of(service: str, kind: str) -> Document:
    """The resource of that kind that has a service's name."""
    (found,) = (
        document
        for path in references(BASE / service)
        for document in documents(path)
        if document["kind"] == kind and document["metadata"]["name"] == service
    )
    return found


def pod(service: str) -> Document:
    """The pod specification of a service."""
    found: Document = of(service, "Deployment")["spec"]["template"]["spec"]
    return found


def container(service: str) -> Document:
    """The one container of a service."""
    (found,) = pod(service)["containers"]
    return dict(found)


def shared(folder: Path = BASE) -> dict[str, str]:
    """What the ConfigMap of a folder tells every service."""
    lines = (folder / "kith.env").read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}


def environment(
    service: str, secrets: Mapping[tuple[str, str], str], pod_name: str = "pod-1"
) -> dict[str, str]:
    """What the process of a service finds in its environment, with these secrets there."""
    return shared() | {
        entry["name"]: entry["value"]
        if "value" in entry
        else _found(entry["valueFrom"], secrets, pod_name)
        for entry in container(service).get("env", ())
    }


def _found(source: Document, secrets: Mapping[tuple[str, str], str], pod_name: str) -> str:
    if source == {"fieldRef": {"fieldPath": "metadata.name"}}:
        return pod_name
    reference = source["secretKeyRef"]
    return secrets[reference["name"], reference["key"]]


def operations(overlay: Path) -> Iterator[tuple[Document, list[Document]]]:
    """Each patch of an overlay: its target, and what it does there."""
    for patch in kustomization(overlay).get("patches", ()):
        yield patch["target"], yaml.safe_load(patch["patch"])


def targets(selector: Document, among: list[Document]) -> list[Document]:
    """The resources a patch is for."""
    return [
        document
        for document in among
        if document["kind"] == selector["kind"]
        and selector.get("name", document["metadata"]["name"]) == document["metadata"]["name"]
    ]


def place(document: Document, pointer: str) -> tuple[Any, str | int]:
    """The container and the key a JSON pointer names; raises LookupError if it names nothing."""
    *path, last = [int(part) if part.isdecimal() else part for part in pointer.split("/")[1:]]
    where: Any = document
    for part in path:
        where = where[part]
    where[last]  # must be there to be replaced
    return where, last


def patched(overlay: Path) -> list[Document]:
    """The resources of the base as an overlay changes them."""
    made = copy.deepcopy(base())
    for selector, changes in operations(overlay):
        for document in targets(selector, made):
            for change in changes:
                where, key = place(document, change["path"])
                where[key] = change["value"]
    return made
