"""The pictures members choose from."""

from __future__ import annotations

from xml.etree import ElementTree

from gateway.entrypoints.http.avatars import AVATARS, svg


def test_each_is_a_picture_of_its_own_and_always_the_same() -> None:
    drawn = [svg(number) for number in range(AVATARS)]
    assert drawn == [svg(number) for number in range(AVATARS)]
    assert len(set(drawn)) == AVATARS
    for one in drawn:
        root = ElementTree.fromstring(one)  # noqa: S314  # our own
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "script" not in one
        assert "http" not in one.replace("http://www.w3.org/2000/svg", "")
