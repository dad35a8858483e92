"""Settings, and the tables that name methods of other services."""

from __future__ import annotations

import pytest
from common.config import Address, ConfigError
from gateway.adapters.clients import RETRIED
from gateway.application.connections import Most
from gateway.application.limits import Rate, Rates
from gateway.config import NOWHERE, Config, Outside
from gateway.entrypoints.grpc import METHODS

from libs.common.tests import service_keys
from services.gateway.tests.fakes import MODULES

BACKENDS = ("IDENTITY", "COMMUNITY", "MESSAGING", "PROGRAMS", "OUTCOMES", "SIGNALS")
GOOD = {
    "KITH_KAFKA": "127.0.0.1:1", "KITH_MONGODB_URI": "mongodb://127.0.0.1",
    "KITH_GRPC_LISTEN": "127.0.0.1:2", "KITH_HTTP_LISTEN": "127.0.0.1:3",
    **{f"KITH_{name}": f"127.0.0.1:{port}" for port, name in enumerate(BACKENDS, 10)},
    **service_keys.settings("gateway"),
}  # fmt: skip
SERVICES = {
    service.full_name: service
    for module in MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
}


def test_the_services_behind_the_doors_are_read() -> None:
    config = Config.from_env(GOOD)
    assert config.service.identity == Address("127.0.0.1", 10)
    assert config.signals == Address("127.0.0.1", 15)
    assert config.inside == NOWHERE
    told = Config.from_env(GOOD | {"KITH_HEALTH_LISTEN": "127.0.0.1:4"})
    assert told.inside == Address("127.0.0.1", 4)


def test_everything_that_is_missing_or_wrong_is_told_at_once() -> None:
    wrong = {key: value for key, value in GOOD.items() if key != "KITH_SIGNALS"}
    with pytest.raises(ConfigError) as caught:
        Config.from_env(wrong | {"KITH_MESSAGING": "nowhere"})
    assert "KITH_SIGNALS is not set" in str(caught.value)
    assert "KITH_MESSAGING must be host:port" in str(caught.value)


def test_the_door_is_shut_to_web_apps_and_proxies_unless_it_is_told_of_them() -> None:
    assert Config.from_env(GOOD).outside == Outside()
    told = {
        "KITH_LIMIT_ADDRESS": "1/2", "KITH_LIMIT_SIGN_IN": "3/4", "KITH_LIMIT_READS": "5/6",
        "KITH_LIMIT_WRITES": "7.5/8", "KITH_LIMIT_WALKS": "9/10",
        "KITH_LIMIT_CONNECTIONS": "12/11", "KITH_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        "KITH_CORS_ORIGINS": "https://app.example,http://localhost:3000",
        "KITH_BEHIND_TLS": "true",
    }  # fmt: skip
    assert Config.from_env(GOOD | told).outside == Outside(
        rates=Rates(Rate(1, 2), Rate(3, 4), Rate(5, 6), Rate(7.5, 8), Rate(9, 10)),
        connections=Most(12, 11),
        proxies=("10.0.0.0/8", "::1/128"),
        origins=frozenset({"https://app.example", "http://localhost:3000"}),
        behind_tls=True,
    )


@pytest.mark.parametrize(
    "name, value",
    [
        ("KITH_LIMIT_READS", "5"), ("KITH_LIMIT_CONNECTIONS", "5"),
        ("KITH_LIMIT_CONNECTIONS", "5/6"), ("KITH_LIMIT_CONNECTIONS", "5/0"),
        ("KITH_LIMIT_CONNECTIONS", "-5/-6"), ("KITH_LIMIT_CONNECTIONS", "5/"),
        ("KITH_TRUSTED_PROXIES", "everybody"),
        ("KITH_TRUSTED_PROXIES", "10.0.0.1/8"), ("KITH_CORS_ORIGINS", "*"),
        ("KITH_CORS_ORIGINS", "https://app.example/"), ("KITH_BEHIND_TLS", "yes"),
    ],
)  # fmt: skip
def test_a_setting_of_the_door_that_is_wrong_is_told(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Config.from_env(GOOD | {name: value})


@pytest.mark.parametrize("name", sorted(METHODS))
def test_what_the_door_passes_on_exists_and_takes_a_stream(name: str) -> None:
    service, method = name.strip("/").split("/")
    found = SERVICES[service].methods_by_name[method]
    assert found.client_streaming
    assert not found.server_streaming
    assert METHODS[name] == service.split(".")[1]


def test_what_is_repeated_exists_and_may_be() -> None:
    repeated = set()
    for owner, names in RETRIED.items():
        for name in names:
            service, _, method = name.partition("/")
            assert service.split(".")[1] == owner
            found = [method] if method else list(SERVICES[service].methods_by_name)
            repeated |= {f"{service}/{one}" for one in found}
    known = {f"{service}/{method}" for service, found in SERVICES.items()
             for method in found.methods_by_name}  # fmt: skip
    assert repeated <= known
    assert known - repeated == {
        "kith.identity.v1.NetworkSettingsService/UpdateNetwork",
        "kith.identity.v1.JoiningService/Apply",
        "kith.identity.v1.RecoveryService/RequestPasswordReset",
        "kith.identity.v1.RecoveryService/ChangeEmail",
        "kith.identity.v1.RecoveryService/VerifyEmail",
        "kith.identity.v1.RosterService/AddEligible",
        "kith.identity.v1.RosterService/RemoveEligible",
        "kith.identity.v1.InviteService/CreateInvite",
        "kith.identity.v1.ExportService/CreateExport",
        "kith.identity.v1.AccountService/Register",
        "kith.identity.v1.AccountService/ImportAccounts",
        "kith.identity.v1.SessionService/CreateSession",
        "kith.identity.v1.TotpService/CreateTotp",
        "kith.identity.v1.TotpService/ConfirmTotp",
        "kith.identity.v1.TotpService/DeleteTotp",
        "kith.identity.v1.PasskeyService/BeginPasskey",
        "kith.identity.v1.PasskeyService/CreatePasskey",
        "kith.identity.v1.PasskeyService/CreatePasskeySession",
        "kith.messaging.v1.MessageService/ImportMessages",
    }
