"""Every command file is a command, and calling one does not import the others."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest
from kith_cli import commands
from kith_cli.__main__ import build
from typer.testing import CliRunner

FILES = [module.name for module in pkgutil.iter_modules(commands.__path__)]


@pytest.mark.parametrize("file", FILES)
def test_every_file_is_a_command(file: str) -> None:
    name = file.rstrip("_").replace("_", "-")
    answer = CliRunner().invoke(build([name]), [name, "--help"])
    assert answer.exit_code == 0, answer.output
    assert name in answer.output


def test_help_lists_every_command() -> None:
    output = CliRunner().invoke(build(["--help"]), ["--help"]).output
    assert all(file.rstrip("_").replace("_", "-") in output for file in FILES)


def test_a_command_imports_neither_the_others_nor_their_clients() -> None:
    script = "import sys; from kith_cli.__main__ import build; build(['up']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    loaded = done.stdout.split()
    assert "kith_cli.commands.up" in loaded
    assert not {"kith_cli.commands.stack", "aiokafka", "pymongo"} & set(loaded)


def test_what_stops_a_command_is_one_line_and_exit_code_1() -> None:
    command = [sys.executable, "-m", "kith_cli", "up", "--only", "nobody"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "kith: There is no service nobody.\n")
