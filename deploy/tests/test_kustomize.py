"""The kustomize tree is whole: nothing missing, nothing left over, overlays that only patch."""

from __future__ import annotations

import re
from pathlib import Path

import kubernetes_validate  # type: ignore[import-untyped]  # ships no types
import pytest

from deploy.tests.manifests import (
    BASE,
    K8S,
    KUSTOMIZATION,
    OPERATORS,
    OVERLAYS,
    SERVICES,
    Document,
    base,
    container,
    kustomization,
    operations,
    patched,
    place,
    reached,
    references,
    shared,
    targets,
)

FOLDERS = tuple(path.parent for path in sorted(K8S.rglob(KUSTOMIZATION)))
EXPECTED = ("deployment", "service", "hpa", "pdb", "networkpolicy", "serviceaccount")
MAX_LINES = 100
OLDEST, NEWEST = "1.33", kubernetes_validate.latest_version()


def label(path: object) -> str:
    return str(path.relative_to(K8S)) if isinstance(path, Path) else str(path)


@pytest.mark.parametrize("folder", FOLDERS, ids=label)
def test_every_reference_exists(folder: Path) -> None:
    for path in references(folder):
        assert path.is_file() or (path / KUSTOMIZATION).is_file(), path


@pytest.mark.parametrize("overlay", OVERLAYS, ids=label)
def test_every_file_of_the_base_is_reached_from_every_overlay(overlay: Path) -> None:
    files = {path for path in BASE.rglob("*") if path.is_file() and path.name != KUSTOMIZATION}

    assert files <= reached(overlay)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=label)
def test_every_file_of_an_overlay_is_referenced(overlay: Path) -> None:
    files = {path for path in overlay.rglob("*") if path.is_file() and path.name != KUSTOMIZATION}

    assert files <= set(references(overlay))


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_files_of_a_readable_length(service: str) -> None:
    files = {path.stem: path for path in (BASE / service).iterdir()}

    assert files.keys() >= {*EXPECTED, "kustomization"}
    for path in files.values():
        assert len(path.read_text().splitlines()) <= MAX_LINES, path


def test_no_two_resources_have_the_same_kind_and_name() -> None:
    names = [(document["kind"], document["metadata"]["name"]) for document in base()]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=label)
def test_an_overlay_only_patches_and_every_patch_changes_something(overlay: Path) -> None:
    assert kustomization(overlay)["resources"] == ["../../base"]
    for selector, changes in operations(overlay):
        found = targets(selector, base())
        assert found, selector
        for document in found:
            for change in changes:
                where, key = place(document, change["path"])
                assert change["op"] == "replace"
                assert where[key] != change["value"], change


def test_overlays_differ_in_hosts_replicas_and_namespace() -> None:
    made = [patched(overlay) for overlay in OVERLAYS]
    for differs in (hosts, replicas):
        assert len({differs(documents) for documents in made}) == len(OVERLAYS)
    assert len({kustomization(overlay)["namespace"] for overlay in OVERLAYS}) == len(OVERLAYS)


def hosts(documents: list[Document]) -> str:
    (ingress,) = targets({"kind": "Ingress"}, documents)
    (rule,), (tls,) = ingress["spec"]["rules"], ingress["spec"]["tls"]
    assert tls["hosts"] == [rule["host"]]
    return str(rule["host"])


def replicas(documents: list[Document]) -> tuple[int, int]:
    (scaler,) = targets({"kind": "HorizontalPodAutoscaler", "name": "gateway"}, documents)
    return scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]


@pytest.mark.parametrize("overlay", OVERLAYS, ids=label)
def test_an_overlay_sets_every_image_once(overlay: Path) -> None:
    images = kustomization(overlay)["images"]

    assert {container(service)["image"] for service in SERVICES} == {
        image["name"] for image in images
    }
    assert all(image["newTag"] != "latest" for image in images)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=label)
def test_an_overlay_changes_only_settings_that_the_base_has(overlay: Path) -> None:
    if (overlay / "kith.env").exists():
        assert shared(overlay).keys() <= shared().keys()


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("overlay", [None, *OVERLAYS], ids=label)
def test_kubernetes_accepts_every_resource(overlay: Path | None, version: str) -> None:
    for document in base() if overlay is None else patched(overlay):
        if document["apiVersion"] not in OPERATORS:
            kubernetes_validate.validate(document, version, strict=True)


def test_a_misspelt_field_is_refused() -> None:
    (document,) = targets({"kind": "PodDisruptionBudget", "name": "gateway"}, base())
    document["spec"]["maxUnavailible"] = document["spec"].pop("maxUnavailable")

    with pytest.raises(kubernetes_validate.ValidationError, match="maxUnavailible"):
        kubernetes_validate.validate(document, NEWEST, strict=True)


def test_the_readme_names_every_secret_that_is_needed() -> None:
    readme = (K8S / "README.md").read_text()
    for path in sorted(BASE.rglob("*.yaml")):
        text = path.read_text()
        for name, key in re.findall(r"secretKeyRef: \{name: (\S+), key: (\S+?)\}", text):
            assert f"`{name}`" in readme, name
            assert f"`{key}`" in readme, key
        for name in re.findall(r"secretName: ([\w-]+)", text):
            assert f"`{name}`" in readme, name
