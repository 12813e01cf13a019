"""The broker's jars: which files, where from, and proof that they are those files.

`jars.sha256` (committed) lists every jar of Apache Kafka as `<SHA-256>  <path in a Maven repository>`; nothing else
is ever put on the class path. A jar that is missing in the cache is taken from the user's own Maven repository if it
is there, or else downloaded from Maven Central with jgo, and in both cases counts only once its digest is right. The
cache keeps the layout of the list, so `sha256sum -c` checks it by hand.

To move to another Kafka: change VERSION, run `python -m lantian_local.jars` (resolves the dependencies anew and
rewrites the list), read the diff, run the tests.
"""

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

VERSION = "4.2.0"
LOG4J = "2.25.3"
PINNED = Path(__file__).with_name("jars.sha256")

# kafka-clients is named beside kafka_2.13 because jgo alone picks an older one and the broker dies with
# NoSuchMethodError.
ENDPOINT = (
    f"org.apache.kafka:kafka_2.13:{VERSION}+org.apache.kafka:kafka-clients:{VERSION}"
    f"+org.apache.logging.log4j:log4j-slf4j-impl:{LOG4J}+org.apache.logging.log4j:log4j-core:{LOG4J}"
)


class JarError(RuntimeError):
    """A jar is not there or not the one pinned; the message names the file and what to do."""


@dataclass(frozen=True)
class Jar:
    """One pinned jar: its path inside a Maven repository and the SHA-256 it must have."""

    path: PurePosixPath
    sha256: str

    @property
    def coordinate(self) -> tuple[str, str, str]:
        """(group, artifact, version) read back from the repository path."""
        *group, artifact, version, _name = self.path.parts
        return ".".join(group), artifact, version


def pinned(listing: Path = PINNED) -> list[Jar]:
    """Read the committed list. Raises JarError when a line is not `<SHA-256>  <path>`."""
    jars = []
    for line in listing.read_text().splitlines():
        digest, _, path = line.partition("  ")
        if len(digest) != 64 or not path.endswith(".jar"):
            raise JarError(f"{listing.name}: not a line of the form '<SHA-256>  <path>.jar': {line!r}")
        jars.append(Jar(PurePosixPath(path), digest))
    if not jars:
        raise JarError(f"{listing.name} names no jar")
    return jars


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(cache: Path, jars: list[Jar]) -> list[Path]:
    """The files of `jars` in `cache`, each checked. Raises JarError on the first that is missing or different."""
    files = []
    for jar in jars:
        file = cache / jar.path
        if not file.exists():
            raise JarError(f"{file} is missing; `lantian up` with network access fetches it")
        found = digest(file)
        if found != jar.sha256:
            raise JarError(
                f"{file} is not the pinned jar: SHA-256 is {found}, {PINNED.name} says {jar.sha256}; "
                "remove it and try again"
            )
        files.append(file)
    return files


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path` (created) against other processes; the kernel frees it when the holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ensure(cache: Path, on_fetch: Callable[[str], None] = lambda name: None, listing: Path | None = None) -> list[Path]:
    """Make every jar of a listing (without it: of Kafka) present in `cache` and return their paths, all verified.

    Safe when several suites start at once: one fetches, the others wait. `on_fetch` is told the name of each file
    fetched. Raises JarError; a jar present with a wrong digest is refused, never silently replaced.
    """
    jars = pinned() if listing is None else pinned(listing)
    if any(not (cache / jar.path).exists() for jar in jars):
        with locked(cache / ".lock"):
            for jar in jars:
                if not (cache / jar.path).exists():
                    on_fetch(jar.path.name)
                    _fetch(jar, cache)
    return verify(cache, jars)


def _fetch(jar: Jar, cache: Path) -> None:
    staging = cache / ".partial"
    staged = staging / jar.path
    # Left by a killed download: half a file would be taken for a whole one.
    shutil.rmtree(staging, ignore_errors=True)
    staged.parent.mkdir(parents=True)
    own = Path(os.environ.get("M2_REPO", "~/.m2/repository")).expanduser() / jar.path
    if own.exists() and digest(own) == jar.sha256:
        shutil.copyfile(own, staged)
    else:
        _download(jar, staging)
    found = digest(staged)
    if found != jar.sha256:
        raise JarError(f"the download of {jar.path.name} has SHA-256 {found}, {PINNED.name} says {jar.sha256}; refused")
    (cache / jar.path).parent.mkdir(parents=True, exist_ok=True)
    staged.replace(cache / jar.path)
    shutil.rmtree(staging, ignore_errors=True)


def _download(jar: Jar, repository: Path) -> None:
    import requests  # with jgo, needed on the first start only; costs 0.3 s to import
    from jgo.maven import MavenContext

    mirror = os.environ.get("LANTIAN_MAVEN_URL")  # a mirror is safe: the digest decides
    context = MavenContext(repo_cache=repository, remote_repos={"mirror": mirror} if mirror else None, timeout=60)
    group, artifact, version = jar.coordinate
    try:
        context.project(group, artifact).at_version(version).artifact().resolve()
    except (requests.RequestException, RuntimeError) as error:
        raise JarError(
            f"cannot fetch {jar.path.name}: {error}. "
            "The first start needs Maven Central (or LANTIAN_MAVEN_URL, a mirror)"
        ) from error


def resolve() -> list[Jar]:
    """Resolve ENDPOINT with jgo into the user's Maven repository and return what belongs on the class path, in order
    of path.
    """
    from jgo.maven import MavenContext

    context = MavenContext(timeout=60)
    inputs = [context.create_dependency(coordinate) for coordinate in ENDPOINT.split("+")]
    named, transitive = context.resolver.resolve(inputs)
    jars = []
    for dependency in [*named, *transitive]:
        if dependency.scope in ("test", "provided", "system"):
            continue
        file = dependency.artifact.resolve()
        jars.append(Jar(PurePosixPath(file.relative_to(context.repo_cache).as_posix()), digest(file)))
    return sorted(jars, key=lambda jar: jar.path)


if __name__ == "__main__":
    lines = [f"{jar.sha256}  {jar.path}\n" for jar in resolve()]
    PINNED.write_text("".join(lines))
    sys.stdout.write(f"{PINNED.name}: {len(lines)} jars\n")
