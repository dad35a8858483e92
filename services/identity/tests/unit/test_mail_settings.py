"""How mails leave, as the settings say: everything wrong is named, and no password is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from common.config import Address, ConfigError, Reader
from identity.adapters.mail_settings import NO_MAIL, Mailing
from identity.adapters.smtp import Server

HERE = Address("127.0.0.1", 8090)
SMTP = {
    "KITH_MAIL": "smtp", "KITH_SMTP_HOST": "mail.example", "KITH_SMTP_USER": "kith",
    "KITH_SMTP_PASSWORD": "the secret", "KITH_MAIL_FROM": "Kith <kith@example.org>",
    "KITH_APP_URL": "https://app.example",
}  # fmt: skip


def read(environment: dict[str, str], listen: Address = HERE) -> Mailing:
    reader = Reader(environment)
    mailing = Mailing.read(reader, listen)
    reader.done()
    return mailing


def test_without_a_word_no_mail_leaves() -> None:
    assert read({}) == NO_MAIL


def test_a_server_is_talked_to_by_starttls_unless_said_otherwise() -> None:
    mailing = read(SMTP)
    server = mailing.server
    assert server is not None
    assert server == Server("mail.example", 587, "starttls", "kith", server.password)
    assert "the secret" not in repr(mailing)
    assert server.password is not None
    assert server.password.reveal() == "the secret"


@pytest.mark.parametrize("name", sorted(SMTP.keys() - {"KITH_MAIL", "KITH_SMTP_USER"}))
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read({key: value for key, value in SMTP.items() if key != name})


@pytest.mark.parametrize(
    "name, value",
    [("KITH_MAIL", "pigeon"), ("KITH_SMTP_TLS", "maybe"), ("KITH_SMTP_TLS", "off"),
     ("KITH_SMTP_PORT", "smtp"), ("KITH_MAIL_FROM", "Kith"), ("KITH_APP_URL", "http://app.example"),
     ("KITH_SMTP_CA_FILE", "/nothing"), ("KITH_SMTP_USER", "")],
)  # fmt: skip
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    named = "KITH_SMTP_PASSWORD" if name == "KITH_SMTP_USER" else name
    with pytest.raises(ConfigError, match=named):
        read(SMTP | {name: value})


def test_all_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        read({"KITH_MAIL": "smtp"})
    for name in ("KITH_SMTP_HOST", "KITH_MAIL_FROM", "KITH_APP_URL"):
        assert name in str(refused.value)


def test_links_are_shown_to_a_developer_alone() -> None:
    assert read({"KITH_MAIL": "show"}).mode == "show"
    with pytest.raises(ConfigError, match="KITH_MAIL"):
        read({"KITH_MAIL": "show"}, Address("0.0.0.0", 8090))  # noqa: S104  # only named


def test_a_file_that_vouches_is_read_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("a certificate")
    mailing = read(SMTP | {"KITH_SMTP_CA_FILE": str(file)})
    assert mailing.server is not None
    assert mailing.server.ca_file == str(file)
