"""Only the pinned jars are ever run."""

import hashlib
import threading
from pathlib import Path, PurePosixPath

import pytest

from lantian_local import jars
from lantian_local.jars import Jar, JarError


def a_jar(folder: Path, name: str = "org/example/thing/1.0/thing-1.0.jar", content: bytes = b"code") -> Jar:
    """A jar in a Maven layout, with its true digest."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return Jar(PurePosixPath(name), hashlib.sha256(content).hexdigest())


@pytest.fixture
def listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of two jars that lie in the user's own Maven repository; no network here."""
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    monkeypatch.setattr(jars, "_download", lambda jar, _: pytest.fail(f"went to the network for {jar.path}"))
    found = [a_jar(tmp_path / "m2"), a_jar(tmp_path / "m2", "org/example/other/2/other-2.jar", b"other")]
    file = tmp_path / "jars.sha256"
    file.write_text("".join(f"{jar.sha256}  {jar.path}\n" for jar in found))
    monkeypatch.setattr(jars, "PINNED", file)
    monkeypatch.setattr(jars.pinned, "__defaults__", (file,))
    return file


def test_the_committed_list_is_the_broker() -> None:
    """Every jar once, the broker and its own clients in the version named in the code."""
    pinned = jars.pinned()
    assert len({jar.path for jar in pinned}) == len(pinned) > 40
    coordinates = {jar.coordinate for jar in pinned}
    assert {
        ("org.apache.kafka", "kafka_2.13", jars.VERSION),
        ("org.apache.kafka", "kafka-clients", jars.VERSION),
        ("org.apache.logging.log4j", "log4j-core", jars.LOG4J),
    } <= coordinates


def test_every_endpoint_is_in_the_list() -> None:
    """Whoever changes a version must also write the list anew."""
    pinned = {":".join(jar.coordinate) for jar in jars.pinned()}
    assert set(jars.ENDPOINT.split("+")) <= pinned


@pytest.mark.parametrize("line", ["abc  a.jar", f"{'0' * 64} a.jar", f"{'0' * 64}  a.zip", "nonsense"])
def test_a_list_that_is_none_is_refused(tmp_path: Path, line: str) -> None:
    """The message shows the line."""
    (tmp_path / "list").write_text(line + "\n")
    with pytest.raises(JarError, match="not a line of the form"):
        jars.pinned(tmp_path / "list")


def test_a_right_jar_is_given_out(tmp_path: Path) -> None:
    """By its path in the cache."""
    jar = a_jar(tmp_path)
    assert jars.verify(tmp_path, [jar]) == [tmp_path / jar.path]


def test_a_changed_jar_is_refused(tmp_path: Path) -> None:
    """One byte is enough; the message names the file and both digests."""
    jar = a_jar(tmp_path)
    (tmp_path / jar.path).write_bytes(b"Code")
    with pytest.raises(JarError, match=f"thing-1.0.jar is not the pinned jar: .*{jar.sha256}"):
        jars.verify(tmp_path, [jar])


def test_a_missing_jar_is_named(tmp_path: Path) -> None:
    """With what to do."""
    jar = a_jar(tmp_path)
    (tmp_path / jar.path).unlink()
    with pytest.raises(JarError, match=r"thing-1.0.jar is missing; `lantian up`"):
        jars.verify(tmp_path, [jar])


@pytest.mark.usefixtures("listing")
def test_the_users_own_maven_repository_is_used_first(tmp_path: Path) -> None:
    """No network when the right files are on the machine."""
    files = jars.ensure(tmp_path / "cache")
    assert [file.read_bytes() for file in files] == [b"code", b"other"]


@pytest.mark.usefixtures("listing")
def test_a_wrong_jar_in_the_cache_is_not_replaced_in_silence(tmp_path: Path) -> None:
    """Somebody has put it there: a person must look."""
    a_jar(tmp_path / "cache", content=b"evil")
    with pytest.raises(JarError, match="not the pinned jar"):
        jars.ensure(tmp_path / "cache")


@pytest.mark.usefixtures("listing")
def test_a_wrong_download_never_reaches_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that lies."""
    monkeypatch.setenv("M2_REPO", str(tmp_path / "empty"))
    monkeypatch.setattr(jars, "_download", lambda jar, staging: (staging / jar.path).write_bytes(b"evil"))
    with pytest.raises(JarError, match=r"download of thing-1.0.jar .*refused"):
        jars.ensure(tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("org/**/*.jar"))


@pytest.mark.usefixtures("listing")
def test_half_a_download_of_a_killed_start_is_thrown_away(tmp_path: Path) -> None:
    """It lies in the staging folder and must not be taken for a file."""
    a_jar(tmp_path / "cache" / ".partial", content=b"co")
    jars.ensure(tmp_path / "cache")
    assert not (tmp_path / "cache" / ".partial").exists()


@pytest.mark.usefixtures("listing")
def test_several_first_starts_at_once_fetch_each_jar_once(tmp_path: Path) -> None:
    """One holds the lock and fetches, the others wait and find everything there."""
    fetched: list[str] = []
    results: list[list[Path]] = []
    threads = [
        threading.Thread(target=lambda: results.append(jars.ensure(tmp_path / "cache", fetched.append)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fetched) == ["other-2.jar", "thing-1.0.jar"]
    assert len(results) == 4
