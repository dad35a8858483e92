"""Put the whole of REST through generated requests, good and bad: it answers as it is described.

schemathesis makes requests from /openapi.json (examples, boundaries, at random, and in sequences
that use what was answered before) and holds every answer against it: no 5xx, no status and no
media type that is not described, no body of another shape, nothing bad accepted, nothing good
refused, no door open without a token.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from kith_cli.client import Kith
from kith_cli.networks import Book
from kith_cli.settings import environment

from tests.integration.policy_world import PASSWORD, in_room, keep_passkey
from tests.integration.system import System, wait_for

FOLDER = Path(__file__).parent / "fuzzing"
ID = "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e"
# Taking roles away at random takes them from the admin who asks, so it is asked last.
ROLES = "updateRoles"
DECLINED = "declined"
SIGN_OUT = "deleteSessions"  # after which her token opens no door


@pytest.mark.timeout(960)
def test_an_admin_gets_what_is_described(system: System, network: str, tmp_path: Path) -> None:
    admin = system.admin(network)
    description = described(system, examples(system, admin, admin, network), tmp_path)
    last = (ROLES, SIGN_OUT)
    excluded = [word for one in last for word in ("--exclude-operation-id", one)]
    said = fuzz(system, admin, description, *excluded)
    assert f"Tested: {count(description) - len(last)}" in said
    assert "Missing test data" not in said, said
    for one in last:
        assert "Tested: 1" in fuzz(system, admin, description, "--include-operation-id", one)


@pytest.mark.timeout(960)
def test_a_member_gets_what_is_described(system: System, network: str, tmp_path: Path) -> None:
    admin = system.admin(network)
    member = system.member(admin, network, "cleo")
    description = described(system, examples(system, admin, member, network), tmp_path)
    said = fuzz(system, member, description, "--phases", "examples,fuzzing")
    assert f"Tested: {count(description)}" in said


def examples(system: System, admin: Kith, who: Kith, network: str) -> dict[str, str]:
    """What the examples of the description stand for, really there and open to `who`."""
    friend = system.member(admin, network, "ada")
    invite = admin.post("/v1/invites", {"maxUses": 1_000})
    circle = admin.post("/v1/circles", {"displayName": "Evenings"})
    who.put(f"/v1/circles/{circle['id']}/membership")
    spare = admin.post("/v1/invites", {})
    post = who.post(f"/v1/circles/{circle['id']}/posts", {"intent": "ask", "text": "Who is up?"})
    talk = who.post_when_known("/v1/conversations", {"memberId": friend.member_id})
    friend.put(f"/v1/conversations/{talk['id']}/acceptance")
    said = {"clientMessageId": "said", "text": "Good morning"}
    message = who.post(f"/v1/conversations/{talk['id']}/messages", said)
    asked = {"clientGroupId": "ours", "title": "Evenings", "memberIds": [friend.member_id]}
    group = who.post("/v1/groups", asked)
    friend.put(f"/v1/conversations/{group['id']}/acceptance")
    wait_for(lambda: in_room(who, circle["id"], 1 if who is admin else 2))
    asking = {"clientGroupId": "theirs", "title": "Mornings", "memberIds": [who.member_id]}
    step = {"id": "week-1-hello", "week": 1, "kind": "task", "title": "Say hello"}
    program = admin.post("/v1/programs", {"displayName": "First", "weeks": 1, "steps": [step]})
    start = {"displayName": "Spring", "startTime": "2026-01-31T09:30:00.000Z"}
    cohort = admin.post(f"/v1/programs/{program['id']}/cohorts", start)
    enrolled = admin.post_when_known(
        f"/v1/cohorts/{cohort['id']}/enrollments", {"memberIds": [who.member_id]}
    )
    sleep = {"kind": "podcast", "title": "Sleep", "url": "https://example.org/", "language": "en"}
    resource = admin.post("/v1/resources", sleep)
    admins = Book(system.settings).get(network)
    assert admins
    keep_passkey(system, who, admins.password if who is admin else PASSWORD)
    (passkey,) = who.get("/v1/accounts/me/passkeys")["passkeys"]
    return {
        f"{ID}02": friend.member_id, f"{ID}11": circle["id"], f"{ID}12": post["id"],
        f"{ID}13": talk["id"], f"{ID}14": program["id"], f"{ID}15": cohort["id"],
        f"{ID}18": spare["id"], f"{ID}1d": message["id"], f"{ID}1a": passkey["id"],
        f"{ID}1e": group["id"], f"{ID}1f": resource["id"],
        DECLINED: friend.post("/v1/groups", asking)["id"],
        f"{ID}16": enrolled["enrollments"][0]["id"], "kJ3v8Qm0": invite["code"],
        '"evergreen"': f'"{network}"', "ada@example.org": f"ada@{network}.example",
    }  # fmt: skip


def described(system: System, examples: dict[str, str], folder: Path) -> Path:
    """The description as a file, its examples replaced by what is really there."""
    url = f"{system.settings.gateway_url}/openapi.json"
    text = httpx.get(url).raise_for_status().text
    text = declining(text, examples.pop(DECLINED))
    for example, real in examples.items():
        assert example in text, f"the description shows {example} nowhere any more"
        text = text.replace(example, real)
    file = folder / "openapi.json"
    file.write_text(text)
    return file


def declining(text: str, asked: str) -> str:
    """The description with something to decline: what is agreed, as elsewhere, is not declined."""
    description = json.loads(text)
    operation = description["paths"]["/v1/conversations/{conversationId}/acceptance"]["delete"]
    for parameter in operation["parameters"]:
        if parameter.get("name") == "conversationId":
            parameter["example"] = asked
    return json.dumps(description)


def fuzz(system: System, who: Kith, description: Path, *options: str) -> str:
    """What schemathesis says when all is as described; fails with what it found."""
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "--no-color",
        "--config-file", str(FOLDER / "schemathesis.toml"),
        "run", str(description), "--url", system.settings.gateway_url, *options,
    ]  # fmt: skip
    told = {"KITH_FUZZ_TOKEN": who.token, "KITH_FUZZ_HOOKS": str(FOLDER / "hooks.py")}
    done = subprocess.run(
        command, env=environment() | told, cwd=description.parent, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    return done.stdout


def count(description: Path) -> int:
    """How many operations are described."""
    paths = json.loads(description.read_text())["paths"]
    return sum(len(item) for item in paths.values())
