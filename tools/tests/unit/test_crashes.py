"""A process killed now and then is not a crash loop; one that dies at every start is."""

from __future__ import annotations

from kith_cli.local.crashes import RESTARTS_IN_WINDOW, WINDOW_SECONDS, CrashWatch
from kith_cli.local.supervisor import Process


def process(started: int, now: int, state: str = "RUNNING") -> Process:
    return Process("identity", state, 1, started, now, 0)


def test_one_start_and_a_long_life_is_no_loop() -> None:
    watch = CrashWatch()
    assert all(watch.looping([process(100, now)]) is None for now in range(100, 500))


def test_restarts_close_together_are_a_loop() -> None:
    watch = CrashWatch()
    found = [watch.looping([process(at, at)]) for at in range(100, 100 + RESTARTS_IN_WINDOW + 1)]
    assert found[-1] is not None
    assert found[:-1] == [None] * RESTARTS_IN_WINDOW


def test_restarts_far_apart_are_no_loop() -> None:
    watch = CrashWatch()
    starts = range(100, 100 + 50 * WINDOW_SECONDS, WINDOW_SECONDS // 5)
    assert all(watch.looping([process(at, at)]) is None for at in starts)


def test_what_supervisord_gave_up_on_is_a_loop() -> None:
    assert CrashWatch().looping([process(0, 100, "FATAL")]) is not None
