"""What supervisord is told: what to run, how to restart and stop it, where it logs."""

from __future__ import annotations

import hashlib
import os
import shlex
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from kith_cli.local.programs import Program

SERVICE_GROUP = "services"
# AF_UNIX names end at 104 bytes on some systems, and supervisord binds a longer temporary one.
LONGEST_SOCKET_NAME = 85
# Groups stop in the reverse order of their numbers: services first, then what they stand on.
SERVER_PRIORITY, SERVICE_PRIORITY = 10, 20


def socket_path(run: Path) -> Path:
    """A socket in the folder, or in a short private one when the folder's name is too long."""
    wanted = run / "supervisor.sock"
    if len(os.fsencode(wanted)) <= LONGEST_SOCKET_NAME:
        return wanted
    mark = hashlib.sha256(os.fsencode(run)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"kith-{os.getuid()}-{mark}" / "supervisor.sock"


def render(run: Path, logs: Path, servers: Iterable[Program], services: Iterable[Program]) -> str:
    """The configuration file. Nothing starts by itself: `kith up` starts things in order."""
    service_list = list(services)
    sections = [
        _section(
            "supervisord",
            {
                "nodaemon": "true",
                "silent": "true",
                "pidfile": str(run / "supervisord.pid"),
                "logfile": str(logs / "supervisord.log"),
                "childlogdir": str(logs),
                **({"user": "root"} if os.getuid() == 0 else {}),  # or it warns at every start
            },
        ),
        _section("unix_http_server", {"file": str(socket_path(run)), "chmod": "0700"}),
        _section(
            "rpcinterface:supervisor",
            {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
        ),
        *(_program(program, logs, SERVER_PRIORITY) for program in servers),
        *(_program(program, logs, SERVICE_PRIORITY) for program in service_list),
    ]
    if service_list:
        names = ",".join(program.name for program in service_list)
        group = {"programs": names, "priority": str(SERVICE_PRIORITY)}
        sections.append(_section(f"group:{SERVICE_GROUP}", group))
    return "\n".join(sections)


def _program(program: Program, logs: Path, priority: int) -> str:
    settings = {
        "command": shlex.join(program.command),
        "environment": environment_value(program.environment),
        "priority": str(priority),
        "autostart": "false",
        "autorestart": "true",
        # Four starts that end within two seconds are a crash loop; see `kith_cli.local.crashes`.
        "startsecs": "2",
        "startretries": "3",
        "stopsignal": "TERM",
        "stopwaitsecs": "20",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": str(log_file(logs, program.name)),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }
    return _section(f"program:{program.name}", settings)


def log_file(logs: Path, name: str) -> Path:
    """Where a process writes what it has to say."""
    return logs / f"{name}.log"


def environment_value(variables: Mapping[str, str]) -> str:
    """KEY="value" pairs as supervisord reads them. Raises ValueError for what it cannot read."""
    for name, value in variables.items():
        if '"' in value or "\n" in value:
            raise ValueError(f"{name} holds a quote or a line break")
    return ",".join(f'{name}="{value}"' for name, value in variables.items())


def _section(name: str, settings: Mapping[str, str]) -> str:
    lines = (f"{key} = {value.replace('%', '%%')}" for key, value in settings.items() if value)
    return "\n".join([f"[{name}]", *lines, ""])
