"""The checker of libs/common says what it should of a made-up workspace."""

from __future__ import annotations

from pathlib import Path

from tools.check_common import LONGEST, list_problems, usage_problems


def workspace(root: Path, *, common: dict[str, str], services: dict[str, str]) -> Path:
    """Modules of common and, for each service, the text of its __main__."""
    package = root / "libs/common/src/common"
    package.mkdir(parents=True)
    for name, text in common.items():
        (package / name).write_text(text)
    for name, text in services.items():
        source = root / "services" / name / "src" / name
        source.mkdir(parents=True)
        (root / "services" / name / "pyproject.toml").touch()
        if text:
            (source / "__main__.py").write_text(text)
    return root


def test_strangers_drawers_and_long_files_are_named(tmp_path: Path) -> None:
    long = "x = 1\n" * (LONGEST + 1)
    root = workspace(tmp_path, common={"money.py": "", "utils.py": "", "ids.py": long}, services={})
    found = "\n".join(list_problems(root / "libs/common/src/common"))
    assert "money.py is not in the closed list" in found
    assert "utils.py is a drawer" in found
    assert f"ids.py has {LONGEST + 1} lines" in found


def test_a_module_of_one_service_is_sent_home(tmp_path: Path) -> None:
    root = workspace(
        tmp_path,
        common={"ids.py": "from common import clock", "clock.py": "", "mongo.py": ""},
        services={"a": "from common.ids import x\nimport common.mongo", "b": "import common.ids"},
    )
    assert usage_problems(root) == [
        "mongo is used by 1 services; it belongs to the one that uses it"
    ]


def test_nobody_is_sent_home_before_every_service_has_begun(tmp_path: Path) -> None:
    root = workspace(tmp_path, common={"mongo.py": ""}, services={"a": "import common", "b": ""})
    assert usage_problems(root) == []
