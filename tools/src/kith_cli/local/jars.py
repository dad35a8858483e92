"""Fetches exactly the jars of the committed lock: the broker is the same bytes on every machine.

jgo's own lock records checksums but does not compare them; here a jar whose checksum differs never
reaches the class path. `python -m kith_cli.local.jars` resolves anew and rewrites the lock.
"""

from __future__ import annotations

import hashlib
import shutil
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from kith_cli.console import err, say
from kith_cli.errors import Stop
from kith_cli.paths import JARS_LOCK

# kafka-clients by name, or an older one wins through log4j's managed versions and the broker dies
# at start; without a log4j binding the broker says nothing.
COORDINATES = (
    "org.apache.kafka:kafka_2.13:4.4.0",
    "org.apache.kafka:kafka-clients:4.4.0",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5",
)
DOWNLOADS_AT_ONCE = 4
TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked artifact."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def read_lock(path: Path = JARS_LOCK) -> tuple[Jar, ...]:
    """The locked jars in class-path order."""
    document = tomllib.loads(path.read_text())
    return tuple(Jar(**entry) for entry in document["jars"])


def render_lock(jars: tuple[Jar, ...]) -> str:
    """The text of the lock file; `read_lock` reads it back."""
    head = "# Written by `make lock-kafka`. The jars of the local broker, in class-path order.\n"
    entries = (
        f'\n[[jars]]\ngroup = "{jar.group}"\nartifact = "{jar.artifact}"\n'
        f'version = "{jar.version}"\nsha256 = "{jar.sha256}"\n'
        for jar in jars
    )
    return head + "".join(entries)


def fetch(jars: tuple[Jar, ...], folder: Path) -> None:
    """Put every jar into the folder, verified. Raises Stop when one cannot be had."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in jars if not (folder / jar.filename).exists()]
    if not missing:
        return
    staging = folder.parent / "downloads"
    shutil.rmtree(staging, ignore_errors=True)
    say(f"Fetching {len(missing)} jars of Apache Kafka (43 MB, once)")
    pool = ThreadPoolExecutor(DOWNLOADS_AT_ONCE)
    try:
        with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
            arriving = pool.map(lambda jar: _fetch_one(jar, folder, staging), missing)
            for _ in progress.track(arriving, total=len(missing), description="jars"):
                pass
    finally:
        pool.shutdown(cancel_futures=True)
    shutil.rmtree(staging, ignore_errors=True)


def _fetch_one(jar: Jar, folder: Path, staging: Path) -> None:
    downloaded = _download(jar, staging)
    actual = hashlib.sha256(downloaded.read_bytes()).hexdigest()
    if actual != jar.sha256:
        raise Stop(
            f"{jar.filename} is not the file that was locked (its sha256 is {actual}); "
            "check your package mirror."
        )
    downloaded.replace(folder / jar.filename)


def _download(jar: Jar, staging: Path) -> Path:
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=staging, local_repos=[], timeout=TIMEOUT_SECONDS)
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    try:
        return artifact.resolve()
    except (OSError, RuntimeError) as failure:
        raise Stop(
            f"Could not download {jar.filename} ({type(failure).__name__}); "
            "check the network and try again."
        ) from failure


def resolve() -> tuple[Jar, ...]:
    """Resolve COORDINATES anew and checksum what comes."""
    import jgo

    artifacts = jgo.resolve("+".join(COORDINATES))
    return tuple(
        Jar(
            a.groupId, a.artifactId, a.version, hashlib.sha256(a.resolve().read_bytes()).hexdigest()
        )
        for a in artifacts
    )


if __name__ == "__main__":
    JARS_LOCK.write_text(render_lock(resolve()))
