"""A pod tells its service all it must know and nothing it does not: proven by its own config.py."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from common.config import ServiceConfig
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.tests.manifests import (
    BACKENDS,
    BASE,
    OVERLAYS,
    SERVICES,
    Document,
    container,
    documents,
    environment,
    of,
    pod,
    shared,
)
from deploy.tests.test_workloads import SOURCES
from libs.common.tests import service_keys
from libs.erasure.tests.keys import keys_file

KEY = "signing_key.pem"
RELAYING = [
    service for service in SERVICES
    if "Relay(" in (SOURCES / service / "src" / service / "wiring.py").read_text()
]  # fmt: skip
URI = "mongodb://database.example:27017/?replicaSet=kith"
SECRETS = {("kith-mongodb", service): URI for service in SERVICES} | {
    ("kith-identity", "operator_password"): "a-password-of-the-operator",
    ("kith-identity", "identity_key"): "A" * 43 + "=",
}


class Told(Mapping[str, str]):
    """An environment that remembers what was asked for."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The signing key, as the secret holds it."""
    path = tmp_path / KEY
    path.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def told(service: str, key_file: Path, pod_name: str = "pod-1") -> Told:
    """What a pod of a service tells it, with the key where this test has it."""
    variables = environment(service, SECRETS, pod_name)
    for name in {
        "KITH_SIGNING_KEY_FILE",
        "KITH_ERASURE_KEY_FILE",
        "KITH_SERVICE_KEY_FILE",
    } & variables.keys():
        variables[name] = str(key_file)
    if "KITH_ERASURE_KEYS_FILE" in variables:
        variables["KITH_ERASURE_KEYS_FILE"] = keys_file()
    if "KITH_MESSAGE_KEYS" in variables:
        (key_file.parent / "20260101T000000Z.key").write_text("A" * 43 + "=")
        variables["KITH_MESSAGE_KEYS"] = str(key_file.parent)
    variables["KITH_SERVICE_KEYS_FILE"] = service_keys.keys_file()
    return Told(variables)


def load(service: str, variables: Mapping[str, str]) -> Any:
    """The settings as the service itself reads them; raises ConfigError."""
    return importlib.import_module(f"{service}.config").Config.from_env(variables)


def kith(names: Mapping[str, str]) -> set[str]:
    return {name for name in names if name.startswith("KITH_")}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_can_read_its_settings_from_what_its_pod_is_told(
    service: str, key_file: Path
) -> None:
    settings: ServiceConfig = load(service, told(service, key_file)).service

    ports = {port["name"]: port["containerPort"] for port in container(service)["ports"]}
    ports.pop("health", None)  # of the gateway alone: the next test
    assert ports == {"http": settings.http_listen.port, "grpc": settings.grpc_listen.port}
    assert settings.http_listen.host == settings.grpc_listen.host == "0.0.0.0"  # noqa: S104  # a pod's own address is not known before


@pytest.mark.parametrize("service", RELAYING)
def test_who_publishes_has_one_name_where_it_is_alone_and_else_that_of_its_pod(
    service: str, key_file: Path
) -> None:
    """What one pod had not published its successor knows as its own at once; two that run beside
    each other never do."""
    scaler = of(service, "HorizontalPodAutoscaler")["spec"]
    pods = ("pod-1", "pod-2")

    names = {load(service, told(service, key_file, one)).service.instance for one in pods}

    assert names == ({service} if scaler["maxReplicas"] == 1 else {*pods})


def test_the_probes_of_the_gateway_ask_where_it_listens_for_them(key_file: Path) -> None:
    (port,) = [
        port["containerPort"] for port in container("gateway")["ports"] if port["name"] == "health"
    ]
    assert load("gateway", told("gateway", key_file)).inside.port == port


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_told_nothing_of_its_own_that_it_does_not_read(
    service: str, key_file: Path
) -> None:
    variables = told(service, key_file)

    load(service, variables)

    assert kith(variables) - shared().keys() <= variables.asked


def test_everything_shared_is_read_by_some_service(key_file: Path) -> None:
    asked = set()
    for service in SERVICES:
        variables = told(service, key_file)
        load(service, variables)
        asked |= variables.asked

    assert kith(shared()) == shared().keys()
    assert shared().keys() <= asked


@pytest.mark.parametrize("name", sorted(kith(shared()) - {"KITH_LOG_LEVEL", "KITH_TRACES"}))
def test_nothing_shared_can_be_left_out(name: str, key_file: Path) -> None:
    variables = {**told("gateway", key_file)}
    del variables[name]

    with pytest.raises(Exception, match=name):
        load("gateway", variables)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_an_overlay_sets_what_a_service_understands(overlay: Path, key_file: Path) -> None:
    changed = shared(overlay) if (overlay / "kith.env").exists() else {}

    load("gateway", {**told("gateway", key_file), **changed})


@pytest.mark.parametrize("service", BACKENDS)
def test_the_address_of_a_service_is_its_own_name_and_grpc_port(service: str) -> None:
    ports = {port["name"]: port["port"] for port in of(service, "Service")["spec"]["ports"]}

    assert shared()[f"KITH_{service.upper()}"] == f"{service}:{ports['grpc']}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_policy_lets_out_what_the_settings_point_to(service: str) -> None:
    out = {
        port["port"]
        for rule in of(service, "NetworkPolicy")["spec"]["egress"]
        for port in rule["ports"]
    }
    called = shared()["KITH_KAFKA"], *([] if service == "identity" else [shared()["KITH_IDENTITY"]])

    assert {int(address.rpartition(":")[2]) for address in called} <= out
    assert 27017 in out


def test_only_identity_gets_the_signing_key_and_reads_it_from_a_mounted_secret() -> None:
    folder, _, name = environment("identity", SECRETS)["KITH_SIGNING_KEY_FILE"].rpartition("/")
    (mount,) = (one for one in container("identity")["volumeMounts"] if one["mountPath"] == folder)
    (volume,) = (one for one in pod("identity")["volumes"] if one["name"] == mount["name"])

    assert mount["readOnly"]
    assert [item["path"] for item in volume["secret"]["items"]] == [name]
    with_it = [service for service in SERVICES if "kith-identity" in secrets_of(service)]
    assert with_it == ["identity"]


def test_only_messaging_gets_the_master_keys_and_all_of_them() -> None:
    folder = environment("messaging", SECRETS)["KITH_MESSAGE_KEYS"]
    (mount,) = (one for one in container("messaging")["volumeMounts"] if one["mountPath"] == folder)
    (volume,) = (one for one in pod("messaging")["volumes"] if one["name"] == mount["name"])

    assert mount["readOnly"]
    assert "items" not in volume["secret"]
    with_them = [service for service in SERVICES if "kith-messages" in secrets_of(service)]
    assert with_them == ["messaging"]


@pytest.mark.parametrize("service", BACKENDS)
def test_a_service_gets_its_own_key_of_receipts_and_no_other(service: str) -> None:
    items = secrets_of(service)["kith-erasure"]

    public = {"keys.json"} if service == "identity" else set()
    assert {item["key"] for item in items} == {f"{service}.pem"} | public


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_its_own_key_of_calls_and_no_other(service: str) -> None:
    items = secrets_of(service)["kith-service"]

    assert {item["key"] for item in items} == {f"{service}.pem", "keys.json"}
    folders = {one["mountPath"] for one in container(service)["volumeMounts"]}
    variables = environment(service, SECRETS)
    for name in ("KITH_SERVICE_KEY_FILE", "KITH_SERVICE_KEYS_FILE"):
        folder, _, path = variables[name].rpartition("/")
        assert folder in folders
        assert path in {item["path"] for item in items}


def test_the_gateway_mounts_no_secret_but_its_own_key() -> None:
    assert secrets_of("gateway").keys() == {"kith-service"}


def secrets_of(service: str) -> dict[str, list[Document]]:
    """The mounted items of each secret, by its name."""
    return {
        volume["secret"]["secretName"]: volume["secret"].get("items", [])
        for volume in secret_volumes(service)
    }


def secret_volumes(service: str) -> list[Document]:
    return [volume for volume in pod(service)["volumes"] if "secret" in volume]


def test_no_credential_but_that_of_its_own_database_reaches_the_gateway() -> None:
    entries = container("gateway")["env"]
    credentials = [entry["valueFrom"]["secretKeyRef"] for entry in entries if "valueFrom" in entry]

    assert credentials == [{"name": "kith-mongodb", "key": "gateway"}]


def test_the_kafka_that_is_called_is_the_one_whose_topics_are_kept() -> None:
    clusters = {
        topic["metadata"]["labels"]["strimzi.io/cluster"]
        for topic in documents(BASE / "kafka" / "topics.yaml")
    }

    assert {f"{name}-kafka-bootstrap:9092" for name in clusters} == {shared()["KITH_KAFKA"]}
