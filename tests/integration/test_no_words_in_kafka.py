"""Promise 4 on the running system: after an end-to-end run the whole log is read, byte by byte."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from kith_cli.local.topics import load

from tests.integration.system import System

pytestmark = pytest.mark.timeout(360)
CLIENT_ID = "client-id-of-quetzal"
HANDLES = ("quetzal-handle-ana", "quetzal-handle-ben")
SAID = ("a sentence nobody may find", "an answer nobody may find")


async def test_nothing_a_person_wrote_is_in_the_log(system: System, network: str) -> None:
    _talk(system, network)
    system.wait_published()
    log = await _everything(system)
    names = [topic.name for topic in load(prefix=system.settings.topic_prefix)]
    wrote = {name for name in names if log.get(name)}
    prefix = system.settings.topic_prefix
    for topic in ("messaging.message.v1", "community.post.v1", "activity.member.v1",
                  "identity.account.v1", "identity.consent.v1",
                  "outcomes.response.v1"):  # fmt: skip
        assert prefix + topic in wrote, f"nothing in {topic}: the scan would prove nothing"
    for name, content in log.items():
        for words in (*SAID, *HANDLES, CLIENT_ID, network):
            assert words.encode() not in content, f"{words!r} is in {name}"


def _talk(system: System, network: str) -> None:
    admin = system.admin(network)
    ana, ben = (system.member(admin, network, handle) for handle in HANDLES)
    talk = ana.post_when_known("/v1/conversations", {"memberId": ben.member_id})
    path = f"/v1/conversations/{talk['id']}/messages"
    ana.post(path, {"clientMessageId": CLIENT_ID, "text": SAID[0]})
    asked = {"clientGroupId": CLIENT_ID, "title": SAID[0], "memberIds": [ben.member_id]}
    group = ana.post("/v1/groups", asked)["id"]
    ben.put(f"/v1/conversations/{group}/acceptance")
    ana.request("PATCH", f"/v1/groups/{group}", json={"title": SAID[1]})
    circle = admin.post("/v1/circles", {"displayName": SAID[0], "purpose": SAID[0]})
    for kith in (ana, ben):
        kith.put(f"/v1/circles/{circle['id']}/membership")
    post = ana.post(f"/v1/circles/{circle['id']}/posts", {"intent": "ask", "text": SAID[0]})
    ben.post(f"/v1/posts/{post['id']}/comments", {"text": SAID[1]})
    library = {"kind": "video", "title": SAID[0], "summary": SAID[1], "language": "en"}
    made = admin.post("/v1/resources", {**library, "url": f"https://{HANDLES[0]}.example/"})
    admin.request("DELETE", f"/v1/resources/{made['id']}")
    ana.put("/v1/consents/signals", {"granted": True})
    ana.post("/v1/responses", {"instrumentId": "check-in", "answers": {"week": 2}})


async def _everything(system: System) -> dict[str, bytes]:
    """All bytes of all topics: keys, values and headers.

    E-mail addresses are made of handle and network, so that they are found by both.
    """
    consumer = AIOKafkaConsumer(bootstrap_servers=system.kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic.name, number)
            for topic in load(prefix=system.settings.topic_prefix)
            for number in range(topic.partitions)
        ]
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(partitions)
        log: dict[str, bytes] = {}
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    headers = b"".join(name.encode() + value for name, value in record.headers)
                    content = (record.key or b"") + (record.value or b"") + headers
                    log[partition.topic] = log.get(partition.topic, b"") + content
        return log
    finally:
        await consumer.stop()
