"""The base of the comparison is right on a branch, on main, and in clones that lack things."""

from __future__ import annotations

import pytest

from tools.check_breaking import choose_base


@pytest.mark.parametrize(
    "commits,changed,base",
    [
        pytest.param({"HEAD": "b", "main": "m"}, False, "m", id="branch"),
        pytest.param({"HEAD": "m", "main": "m", "HEAD^": "l"}, False, "l", id="main"),
        pytest.param({"HEAD": "m", "main": "m", "HEAD^": "l"}, True, "m", id="main, uncommitted"),
        pytest.param({"HEAD": "m", "main": "m"}, False, None, id="first commit, shallow clone"),
        pytest.param({"HEAD": "b", "origin/main": "m"}, False, "m", id="detached clone"),
        pytest.param({"HEAD": "b"}, False, None, id="clone without main"),
        pytest.param({}, False, None, id="no repository"),
    ],
)
def test_the_base(commits: dict[str, str], changed: bool, base: str | None) -> None:
    assert choose_base(commits.get, changed=changed) == base
