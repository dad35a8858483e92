"""Synapse from the Python package index, each file by its hash, in an environment of its own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from kith_cli.console import say
from kith_cli.errors import Stop
from kith_cli.paths import TOOLS

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
UV = TOOLS / "boot" / "bin" / "uv"
INSTALL_SECONDS = 600.0
SAID_LINES = 8


def installed(folder: Path, requirements: Path = REQUIREMENTS, uv: Path = UV) -> Path:
    """The Python that has what `requirements` name, made in `folder` unless it is there already.

    Raises Stop when it cannot be had.
    """
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    environment, done = folder / "venv", folder / "installed"
    python = environment / "bin" / "python"
    if python.exists() and done.exists() and done.read_text() == digest:
        return python
    say("Installing Synapse (a minute at first)")
    folder.mkdir(parents=True, exist_ok=True)
    done.unlink(missing_ok=True)
    _run([
        str(uv), "venv", "--quiet", "--clear", "--no-python-downloads",
        "--python", sys.executable, str(environment),
    ])  # fmt: skip
    _run([
        str(uv), "pip", "sync", "--quiet", "--require-hashes", "--python", str(python),
        str(requirements),
    ])  # fmt: skip
    done.write_text(digest)
    return python


def _run(command: Sequence[str]) -> None:
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except OSError as error:
        raise Stop(f"Synapse cannot be installed: {error}. Run 'make setup' first.") from error
    except subprocess.TimeoutExpired as error:
        raise Stop(
            f"Synapse was not installed within {INSTALL_SECONDS:.0f} s; look at the network."
        ) from error
    if ended.returncode != 0:
        said = "\n".join(ended.stderr.strip().splitlines()[-SAID_LINES:])
        raise Stop(
            "Synapse cannot be installed; it needs the Python package index, and a platform that"
            f" Synapse has wheels for. The installer says:\n{said}"
        )
