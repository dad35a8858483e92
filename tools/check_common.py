"""Keeps libs/common a chassis and no drawer: a closed list of small modules, used by several."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# A new name here needs an ADR.
ALLOWED = frozenset(
    {"errors", "problem", "grpc_server", "grpc_errors", "grpc_client", "auth"}
    | {"service_tokens", "retention"}  # ADR 27, ADR 28
    | {"kafka_producer", "kafka_consumer", "outbox", "inbox", "mongo"}
    | {"telemetry", "log", "config", "lifecycle", "health", "clock", "ids", "testing"}
)
# Here before a second service uses them, and why: ADR 11.
EXPECTED = frozenset({"inbox", "problem"})
DRAWERS = frozenset({"utils", "util", "helpers", "misc", "base", "kit"})
LONGEST = 250
_NO_MODULES = frozenset({"__init__", "__pycache__", "py", "testing"})  # "py.typed"; for tests
SERVICES_AT_LEAST = 2


def main() -> int:
    """Print what is wrong; the exit code says whether anything is."""
    found = [*list_problems(ROOT / "libs/common/src/common"), *usage_problems(ROOT)]
    for problem in found:
        print(f"common: {problem}")
    return 1 if found else 0


def list_problems(package: Path) -> list[str]:
    """Modules outside the closed list, drawers under any name, files too long."""
    found = []
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        top, lines = inside.parts[0].removesuffix(".py"), len(path.read_text().splitlines())
        if top not in ALLOWED | {"__init__"}:
            found.append(
                f"{inside} is not in the closed list (tools/check_common.py); see style B6"
            )
        if path.stem in DRAWERS:
            found.append(f"{inside} is a drawer; say what it does")
        if lines > LONGEST:
            found.append(f"{inside} has {lines} lines, more than {LONGEST}")
    return found


def usage_problems(root: Path) -> list[str]:
    """Modules that fewer than two services use, directly or through another module of common.

    Not asked while a service has not begun: its imports are still to come.
    """
    services = sorted(path.parent for path in root.glob("services/*/pyproject.toml"))
    if not all((folder / "src" / folder.name / "__main__.py").exists() for folder in services):
        return []
    package = root / "libs/common/src/common"
    inner = {path.stem: imported_modules(_files_of(path)) for path in package.iterdir()}
    used = [closure(imported_modules(folder.glob("src/**/*.py")), inner) for folder in services]
    counts = {name: sum(name in modules for modules in used) for name in inner}
    return [
        f"{name} is used by {count} services; it belongs to the one that uses it"
        for name, count in sorted(counts.items())
        if count < SERVICES_AT_LEAST and name not in EXPECTED | _NO_MODULES
    ]


def _files_of(module: Path) -> Iterable[Path]:
    """The files of a module that is one, or a package."""
    return module.rglob("*.py") if module.is_dir() else [module] * (module.suffix == ".py")


def closure(start: Iterable[str], inner: Mapping[str, set[str]]) -> set[str]:
    """The modules reached from these, through imports inside common."""
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(inner.get(name, ()))
    return reached


def imported_modules(files: Iterable[Path]) -> set[str]:
    """The names X of `common.X` that the files import."""
    found: set[str] = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            found.update(_imports_of(node))
    return found


def _imports_of(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module == "common":
        names = [f"common.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        names = [node.module]
    else:
        return set()
    return {name.split(".")[1] for name in names if name.startswith("common.")}


if __name__ == "__main__":
    sys.exit(main())
