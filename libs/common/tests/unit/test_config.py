"""Settings: every mistake is reported at once, and no secret is ever shown."""

from __future__ import annotations

import json
import logging

import pytest
from common.config import Address, ConfigError, Reader, Secret, ServiceConfig

from libs.common.tests import service_keys

COMPLETE = {
    "KITH_KAFKA": "127.0.0.1:9092",
    "KITH_MONGODB_URI": "mongodb://127.0.0.1/",
    "KITH_GRPC_LISTEN": "127.0.0.1:0",
    "KITH_HTTP_LISTEN": "[::1]:8080",
    "KITH_IDENTITY": "identity:8090",
    **service_keys.settings("community"),
}


def test_a_complete_environment_is_read_with_its_defaults() -> None:
    reader = Reader(COMPLETE)
    config = ServiceConfig.read(reader)
    reader.done()
    assert config.kafka == "127.0.0.1:9092"
    assert config.grpc_listen == Address("127.0.0.1", 0)
    assert config.http_listen == Address("::1", 8080)
    assert (config.database_prefix, config.topic_prefix) == ("kith", "")
    assert (config.log_level, config.traces, config.trace_ratio) == ("info", "off", 1.0)


def test_an_instance_is_known_by_its_host_and_where_it_listens() -> None:
    one, same, other = (
        ServiceConfig.read(Reader(COMPLETE | {"KITH_GRPC_LISTEN": f"127.0.0.1:{port}"}))
        for port in (1, 1, 2)
    )
    assert one.instance == same.instance != other.instance


def test_an_instance_that_is_given_a_name_is_the_same_elsewhere() -> None:
    """A pod that is replaced has another host name."""
    here, there = (
        ServiceConfig.read(Reader(COMPLETE | {"KITH_INSTANCE": "one", "KITH_GRPC_LISTEN": listen}))
        for listen in ("127.0.0.1:1", "127.0.0.1:2")
    )
    assert here.instance == there.instance == "one"


def test_all_missing_settings_are_named_at_once() -> None:
    reader = Reader({})
    ServiceConfig.read(reader)
    with pytest.raises(ConfigError) as caught:
        reader.done()
    assert all(f"{name} is not set" in str(caught.value) for name in COMPLETE)


def test_all_wrong_settings_are_named_at_once_with_what_is_wrong() -> None:
    wrong = {"KITH_GRPC_LISTEN": "nowhere", "KITH_LOG_LEVEL": "loud", "KITH_TRACES": "file:"}
    reader = Reader(COMPLETE | wrong)
    ServiceConfig.read(reader)
    reader.integer("KITH_NUMBER", 3)
    with pytest.raises(ConfigError) as caught:
        reader.done()
    assert str(caught.value) == (
        "settings: KITH_GRPC_LISTEN must be host:port; "
        "KITH_LOG_LEVEL must be debug, info, warning, error or critical; "
        "KITH_TRACES must be off, console, file:PATH or otlp"
    )


@pytest.mark.parametrize("traces", ["off", "console", "otlp", "file:/tmp/x"])
def test_every_way_to_trace_is_accepted(traces: str) -> None:
    reader = Reader(COMPLETE | {"KITH_TRACES": traces})
    assert ServiceConfig.read(reader).traces == traces
    reader.done()


def test_an_empty_setting_is_a_missing_one() -> None:
    reader = Reader({"KITH_KAFKA": ""})
    reader.text("KITH_KAFKA")
    with pytest.raises(ConfigError, match="KITH_KAFKA is not set"):
        reader.done()


@pytest.mark.parametrize(
    "text", ["host", "host:", ":80", "host:x", "host:-1", "host:65536", "host:²", "host:8 0"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be host:port"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["host:80", "127.0.0.1:0", "[::1]:65535"])
def test_an_address_is_written_as_it_is_read(text: str) -> None:
    assert str(Address.parse(text)) == text


def test_a_number_must_be_one() -> None:
    reader = Reader({"GOOD": "12", "BAD": "twelve"})
    assert reader.integer("GOOD") == 12
    reader.integer("BAD")
    with pytest.raises(ConfigError, match="BAD must be a whole number"):
        reader.done()


def test_a_secret_does_not_show_itself(caplog: pytest.LogCaptureFixture) -> None:
    secret = Reader({"PASSWORD": "hunter2"}).secret("PASSWORD")
    logging.getLogger("test").warning("%s %r %s", secret, secret, [secret])
    shown = f"{secret} {secret!r} {secret!s} {[secret]} {json.dumps({'a': secret}, default=repr)}"
    assert "hunter2" not in shown + caplog.text
    assert secret.reveal() == "hunter2"


def test_a_secret_has_no_default() -> None:
    reader = Reader({})
    reader.secret("PASSWORD")
    with pytest.raises(ConfigError, match="PASSWORD is not set"):
        reader.done()


def test_what_is_wrong_with_a_secret_is_told_without_it() -> None:
    def refuse(text: str) -> Secret:
        raise ValueError("is too short")

    reader = Reader({"PASSWORD": "hunter2"})
    reader.read("PASSWORD", refuse)
    with pytest.raises(ConfigError) as caught:
        reader.done()
    assert str(caught.value) == "settings: PASSWORD is too short"


@pytest.mark.parametrize("ratio", ["0", "0.25", "1"])
def test_a_share_of_traces_is_accepted(ratio: str) -> None:
    reader = Reader(COMPLETE | {"KITH_TRACE_RATIO": ratio})
    assert ServiceConfig.read(reader).trace_ratio == float(ratio)


@pytest.mark.parametrize("ratio", ["-0.1", "1.1", "nan", "a few"])
def test_what_is_no_share_of_traces_is_told(ratio: str) -> None:
    reader = Reader(COMPLETE | {"KITH_TRACE_RATIO": ratio})
    ServiceConfig.read(reader)
    with pytest.raises(ConfigError, match="KITH_TRACE_RATIO must be a number from 0 to 1"):
        reader.done()
