"""Compares the contracts with those on main, so that nobody breaks a client without noticing.

On a branch the base is main; on main itself it is the commit before. Where there is no base (a
first commit, a shallow or detached clone without main) it says so and passes.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROTOS = "protos"
MAIN_NAMES = ("main", "origin/main")
Resolve = Callable[[str], str | None]


def main() -> int:
    """Run `buf breaking`; the exit code is its own."""
    base = choose_base(commit_of, changed=bool(git("status", "--porcelain", "--", PROTOS)))
    if base is None:
        print("breaking: nothing to compare with (no main, or no commit before this one)")
        return 0
    if not commit_of(f"{base}:{PROTOS}"):
        print(f"breaking: {base[:10]} has no contracts yet")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        extract(base, Path(folder))
        against = str(Path(folder) / PROTOS)
        buf = Path(sys.executable).parent / "buf"
        return subprocess.run([buf, "breaking", PROTOS, "--against", against], cwd=ROOT).returncode


def choose_base(resolve: Resolve, *, changed: bool) -> str | None:
    """The commit to compare with: main, or the one before when main is all there is to look at."""
    head = resolve("HEAD")
    for name in MAIN_NAMES:
        commit = resolve(name)
        if commit is not None:
            return commit if commit != head or changed else resolve("HEAD^")
    return None


def commit_of(name: str) -> str | None:
    """The object a name stands for, or None."""
    return git("rev-parse", "--verify", "--quiet", name) or None


def extract(commit: str, folder: Path) -> None:
    """Write the contracts of the commit into the folder."""
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit, PROTOS],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is not None:
                target = folder / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())


def git(*arguments: str) -> str:
    """What git prints; nothing when it fails, as outside a repository."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
