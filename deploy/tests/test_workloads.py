"""Every service is run alike and safely, and its resources mean one and the same pods."""

from __future__ import annotations

from pathlib import Path

import pytest
from common import grpc_server, health
from common.kafka_consumer import consumer
from common.kafka_producer import session
from common.outbox import rounds

from deploy.tests.manifests import BACKENDS, SERVICES, Document, base, container, of, pod

SEVERAL = ("gateway", "messaging")
SOURCES = Path(__file__).resolve().parents[2] / "services"
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
# What ends after SIGTERM, one after the other: calls, requests, the record in hand, the consumer's
# goodbye, what the relay has in hand, and what the producer still has to send.
DRAIN_SECONDS = (
    grpc_server.DRAIN_SECONDS + health.DRAIN_SECONDS + 2 * consumer.DRAIN_SECONDS
    + rounds.LEAVE_SECONDS + session.CLOSE_SECONDS + session.REQUEST_MILLIS / 1_000
)  # fmt: skip


def own(service: str) -> Document:
    return {"app.kubernetes.io/name": service}


@pytest.mark.parametrize("service", SERVICES)
def test_every_resource_of_a_service_means_its_pods(service: str) -> None:
    deployment = of(service, "Deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]

    assert labels == {**own(service), "app.kubernetes.io/part-of": "kith"}
    assert deployment["selector"]["matchLabels"] == own(service)
    assert of(service, "Service")["spec"]["selector"] == own(service)
    assert of(service, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == own(service)
    assert of(service, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == own(service)
    assert of(service, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"] == {
        "apiVersion": "apps/v1", "kind": "Deployment", "name": service,
    }  # fmt: skip
    for spread in pod(service)["topologySpreadConstraints"]:
        assert spread["labelSelector"]["matchLabels"] == own(service)
    assert pod(service)["serviceAccountName"] == of(service, "ServiceAccount")["metadata"]["name"]


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_named_and_reached_by_name(service: str) -> None:
    named = {port["name"]: port["containerPort"] for port in container(service)["ports"]}
    served = of(service, "Service")["spec"]["ports"]
    entered = {
        port["port"]
        for rule in of(service, "NetworkPolicy")["spec"]["ingress"]
        for port in rule["ports"]
    }

    # The public door's probes have a port of their own: it may be full, and is alive then too.
    probed = "health" if service == "gateway" else "http"
    assert named.keys() == {"http", "grpc", probed}
    named.pop("health", None)
    assert {port["name"]: port["targetPort"] for port in served} == {"http": "http", "grpc": "grpc"}
    assert {port["name"]: port["port"] for port in served} == named
    assert entered == named.keys()
    assert {container(service)[probe]["httpGet"]["port"] for probe in PROBES} == {probed}


@pytest.mark.parametrize("service", SERVICES)
def test_the_three_probes_mean_three_things(service: str) -> None:
    startup, liveness, readiness = (container(service)[probe] for probe in PROBES)

    assert liveness["httpGet"]["path"] == "/healthz"
    assert startup["httpGet"]["path"] == readiness["httpGet"]["path"] == "/readyz"
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 300
    assert readiness["periodSeconds"] * readiness["failureThreshold"] <= 30
    for probe in (startup, readiness):
        assert probe["timeoutSeconds"] > health.CHECK_TIMEOUT


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_without_any_privilege(service: str) -> None:
    whole, own_context = pod(service)["securityContext"], container(service)["securityContext"]

    assert whole["runAsNonRoot"]
    assert whole["runAsUser"] > 0
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert own_context == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod(service)["automountServiceAccountToken"] is False
    assert of(service, "ServiceAccount")["automountServiceAccountToken"] is False
    assert pod(service)["enableServiceLinks"] is False


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_started_with_the_one_command_there_is(service: str) -> None:
    assert container(service)["command"] == ["python", "-m", service, "run"]
    assert (SOURCES / service / "src" / service / "__main__.py").is_file()


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_mounted_is_there_and_the_rest_cannot_be_written(service: str) -> None:
    mounts = {mount["name"]: mount for mount in container(service)["volumeMounts"]}

    assert mounts.keys() == {volume["name"] for volume in pod(service)["volumes"]}
    assert [m["mountPath"] for m in mounts.values() if not m.get("readOnly")] == ["/tmp"]  # noqa: S108  # a mount


@pytest.mark.parametrize("service", SERVICES)
def test_memory_is_bounded_and_cpu_is_asked_for(service: str) -> None:
    resources = container(service)["resources"]

    assert resources["requests"].keys() == {"cpu", "memory"}
    assert resources["limits"].keys() == {"memory"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_is_given_longer_than_it_drains(service: str) -> None:
    before = container(service).get("lifecycle", {}).get("preStop", {}).get("sleep", {})

    grace = pod(service)["terminationGracePeriodSeconds"]

    assert grace > before.get("seconds", 0) + DRAIN_SECONDS


@pytest.mark.parametrize("service", sorted({*BACKENDS} - {*SEVERAL}))
def test_what_nobody_looked_through_for_several_processes_has_one(service: str) -> None:
    deployment = of(service, "Deployment")["spec"]
    scaler = of(service, "HorizontalPodAutoscaler")["spec"]

    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "Recreate"}
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (1, 1)


@pytest.mark.parametrize("service", SEVERAL)
def test_what_may_be_several_rolls_without_a_gap_and_leaves_its_number_to_the_autoscaler(
    service: str,
) -> None:
    deployment = of(service, "Deployment")["spec"]
    scaler = of(service, "HorizontalPodAutoscaler")["spec"]

    assert "replicas" not in deployment
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert scaler["maxReplicas"] > scaler["minReplicas"] >= 2
    assert container(service)["lifecycle"]["preStop"]["sleep"]["seconds"] > 0


def test_gateways_have_a_stream_to_each_instance_of_messaging() -> None:
    (named,) = (
        one["value"] for one in container("gateway")["env"]
        if one["name"] == "KITH_MESSAGING_INSTANCES"
    )  # fmt: skip
    (each,) = (
        service for service in base()
        if service["kind"] == "Service" and service["spec"].get("clusterIP") == "None"
    )  # fmt: skip
    port = each["spec"]["ports"][0]["port"]

    assert named == f"{each['metadata']['name']}:{port}"
    assert each["spec"]["selector"] == own("messaging")


@pytest.mark.parametrize("service", SERVICES)
def test_a_node_can_be_drained(service: str) -> None:
    assert of(service, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize("service", BACKENDS)
def test_only_who_calls_a_service_can_reach_it(service: str) -> None:
    policy = of(service, "NetworkPolicy")["spec"]
    if service == "identity":
        callers = [{"app.kubernetes.io/part-of": "kith"}]
    else:  # identity asks for what a member exports
        callers = [own("gateway"), own("identity")]

    assert sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    calls, scrapes = policy["ingress"]
    assert calls["from"] == [{"podSelector": {"matchLabels": one}} for one in callers]
    assert [port["port"] for port in calls["ports"]] == ["grpc"]
    assert [port["port"] for port in scrapes["ports"]] == ["http"]


def test_the_ingress_shows_apps_their_pages_and_nothing_of_the_inside() -> None:
    (rule,) = of("gateway", "Ingress")["spec"]["rules"]
    paths = [entry["path"] for entry in rule["http"]["paths"]]
    backends = [entry["backend"]["service"] for entry in rule["http"]["paths"]]

    assert paths == ["/v1", "/docs", "/openapi.json"]
    assert all(backend == {"name": "gateway", "port": {"name": "http"}} for backend in backends)
