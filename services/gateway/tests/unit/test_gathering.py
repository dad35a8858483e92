"""What gathers for a crowd is what another library makes of the same texts, in the same order, and
each socket gets its own whatever becomes of another's."""

from __future__ import annotations

from common.testing.poll import until
from gateway.entrypoints.gathering import Gathering, as_text
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

SIZES = st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536]) | st.integers(0, 70_000)


@given(st.lists(SIZES, max_size=4))
def test_texts_are_unmasked_frames_one_after_the_other(sizes: list[int]) -> None:
    texts = [bytes([number]) * size for number, size in enumerate(sizes)]
    frames = [Frame(Opcode.TEXT, text).serialize(mask=False) for text in texts]
    assert as_text(tuple(texts)) == b"".join(frames)


class FakeSocket:
    """Implements gathering.Socket: how often it sent, and fails if it is `broken`."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.sent = 0
        self.errors: list[Exception] = []

    def send_gathered(self) -> None:
        self.sent += 1
        if self.broken:
            raise RuntimeError("this one fails")

    def failed(self, error: Exception) -> None:
        self.errors.append(error)


async def test_one_that_fails_is_told_so_and_all_behind_it_send_now_and_later() -> None:
    gathering, sockets = Gathering(), [FakeSocket(), FakeSocket(broken=True), FakeSocket()]
    for times in (1, 2):
        for socket in (*sockets, *sockets):  # twice is once
            gathering.add(socket)

        async def told(times: int = times) -> bool:
            return len(sockets[1].errors) == times

        await until(told)
        assert [socket.sent for socket in sockets] == [times] * 3
    assert [len(socket.errors) for socket in sockets] == [0, 2, 0]
