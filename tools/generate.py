"""Generate libs/contracts from protos/, so that nobody writes or patches a stub by hand.

Usage: generate.py [--check]. With --check nothing is written; exit 1 if the committed stubs differ.
"""

from __future__ import annotations

import filecmp
import importlib.resources
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
TARGET = ROOT / "libs" / "contracts" / "src"
SUFFIXES = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")


def generate(into: Path) -> None:
    """Run protoc with the Python, gRPC and mypy plug-ins over every proto file."""
    scripts = Path(sysconfig.get_path("scripts"))
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    files = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    command = [
        sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", f"-I{well_known}",
        f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
        f"--python_out={into}", f"--mypy_out=quiet:{into}", *files,
    ]  # fmt: skip
    services = [file for file in files if file.endswith("_service.proto")]
    grpc = [
        *command[: command.index(f"--python_out={into}")],
        f"--grpc_python_out={into}", f"--mypy_grpc_out=quiet:{into}", *services,
    ]  # fmt: skip
    for call in (command, grpc):
        subprocess.run(call, cwd=PROTOS, check=True)


def stale(fresh: Path) -> list[str]:
    """Names of stubs that are missing, left over or different in the committed tree."""
    wanted = {path.relative_to(fresh) for path in fresh.rglob("*") if path.name.endswith(SUFFIXES)}
    there = {path.relative_to(TARGET) for path in TARGET.rglob("*") if path.name.endswith(SUFFIXES)}
    differ = {
        path
        for path in wanted & there
        if not filecmp.cmp(fresh / path, TARGET / path, shallow=False)
    }
    return sorted(str(path) for path in (wanted ^ there) | differ)


def main() -> int:
    """Write the stubs, or with --check say which are stale."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        generate(fresh)
        if "--check" in sys.argv[1:]:
            names = stale(fresh)
            for name in names:
                print(f"stale: libs/contracts/src/{name}; run `make generate`", file=sys.stderr)
            return 1 if names else 0
        for path in TARGET.rglob("*"):
            if path.name.endswith(SUFFIXES):
                path.unlink()
        for path in sorted(fresh.rglob("*")):
            if path.is_file():
                target = TARGET / path.relative_to(fresh)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
