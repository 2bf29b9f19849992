"""A database that is damaged, emptied or not whole is refused at start, in words that say what to do."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from calls.upkeep import installation
from tests.support.running import manage, running_server, unused_port

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def healthy(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("healthy")
    assert manage("firstrun", CALLBOARD_DATA_DIR=str(folder)).returncode == 0
    return folder


@pytest.fixture
def folder(healthy, tmp_path) -> Path:
    """A copy of an installation that was set up before."""
    shutil.copytree(healthy, tmp_path / "data")
    return tmp_path / "data"


def database(folder: Path) -> Path:
    return folder / "callboard.sqlite3"


def cut_to(size: int):
    def damage(path: Path) -> None:
        path.write_bytes(path.read_bytes()[:size])

    return damage


def cut_to_half(path: Path) -> None:
    cut_to(path.stat().st_size // 2)(path)


def overwritten(at: int, data: bytes):
    def damage(path: Path) -> None:
        whole = bytearray(path.read_bytes())
        whole[at : at + len(data)] = data
        path.write_bytes(whole)

    return damage


def damaged_page(path: Path) -> None:
    """The page in which the tokens' rows are."""
    with closing(sqlite3.connect(path)) as file:
        size = file.execute("PRAGMA page_size").fetchone()[0]
        page = file.execute("SELECT rootpage FROM sqlite_master WHERE name = 'calls_sourcetoken'").fetchone()[0]
    overwritten((page - 1) * size, b"\xa5" * size)(path)


def without(statement: str):
    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path)) as file, file:
            file.execute("PRAGMA foreign_keys=OFF")
            file.execute(statement)

    return damage


DAMAGES = {
    "cut to half": cut_to_half,
    "cut to 100 bytes": cut_to(100),
    "cut within a page": cut_to(5_000),
    "foreign header": overwritten(0, b"PK\x03\x04 this is another file"),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "zeros at the beginning": overwritten(0, bytes(4096)),
    "plain text": lambda path: path.write_text("the database is on the other disk\n" * 50),
    "one line of text": lambda path: path.write_text("moved"),
    "damaged page": damaged_page,
    "damaged first page": overwritten(100, b"\xff" * 400),
    "missing table": without("DROP TABLE calls_head"),
    "missing table of Django's": without("DROP TABLE django_session"),
    "missing migrations": without("DROP TABLE django_migrations"),
    "missing column": without("ALTER TABLE calls_head DROP COLUMN pseudonym_key"),
}
EMPTIED = {
    "no bytes": lambda path: path.write_bytes(b""),
    "deleted": lambda path: path.unlink(),
    "nobody": without("DELETE FROM auth_user"),
}


@pytest.mark.parametrize("damage", [*DAMAGES, *EMPTIED])
def test_a_database_that_is_not_what_it_was_is_refused_in_words(folder, damage):
    (DAMAGES | EMPTIED)[damage](database(folder))
    before = database(folder).read_bytes() if database(folder).exists() else b""

    done = manage("serve", "--port", str(unused_port()), CALLBOARD_DATA_DIR=str(folder))

    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The database ")
    assert done.stderr.count("\n") == 1
    assert "Restore it from the backup" in done.stderr
    assert "password" not in done.stdout and "/hooks/" not in done.stdout
    if not damage.startswith("missing") and damage not in EMPTIED:
        assert database(folder).read_bytes() == before


@pytest.mark.parametrize("emptied", EMPTIED)
def test_who_means_it_begins_anew(folder, emptied):
    EMPTIED[emptied](database(folder))
    done = manage("firstrun", "--new", CALLBOARD_DATA_DIR=str(folder))
    assert done.returncode == 0, done.stderr
    assert manage("firstrun", CALLBOARD_DATA_DIR=str(folder)).returncode == 0


def test_a_whole_database_starts_again_and_says_nothing(folder):
    done = manage("firstrun", CALLBOARD_DATA_DIR=str(folder))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_source_that_was_removed_on_purpose_is_not_made_again(folder):
    without("DELETE FROM calls_source")(database(folder))
    done = manage("firstrun", CALLBOARD_DATA_DIR=str(folder))
    assert done.returncode == 0
    with closing(sqlite3.connect(database(folder))) as file:
        assert file.execute("SELECT count(*) FROM calls_source").fetchone() == (0,)


def test_a_key_without_a_mark_is_no_installation_yet(tmp_path):
    assert manage("check", CALLBOARD_DATA_DIR=str(tmp_path)).returncode == 0
    assert (tmp_path / "secret_key").exists()
    assert manage("firstrun", CALLBOARD_DATA_DIR=str(tmp_path)).returncode == 0


def test_an_installation_from_before_the_mark_gets_one(folder):
    (folder / "installed").unlink()
    assert manage("firstrun", CALLBOARD_DATA_DIR=str(folder)).returncode == 0
    database(folder).unlink()
    assert manage("firstrun", CALLBOARD_DATA_DIR=str(folder)).returncode == 1


@pytest.mark.needs_postgres
def test_an_emptied_postgresql_is_refused_too(folder, postgres_url):
    done = manage("firstrun", CALLBOARD_DATA_DIR=str(folder), DATABASE_URL=postgres_url)
    assert done.returncode == 1
    assert "is empty" in done.stderr
    assert manage("firstrun", "--new", CALLBOARD_DATA_DIR=str(folder), DATABASE_URL=postgres_url).returncode == 0


def test_what_is_needed_to_serve_is_looked_at_first(folder):
    with closing(sqlite3.connect(database(folder))) as file:
        looks = installation._looks(file)
        tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert looks[-1] == "1"
    assert {'"calls_sourcetoken"', '"calls_head"', '"auth_user"'} <= set(looks)
    assert tables >= installation.GROWING
    assert not {f'"{name}"' for name in installation.GROWING} & set(looks)


def test_a_large_file_is_looked_through_no_longer_than_it_may(tmp_path):
    path = tmp_path / "large.sqlite3"
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE large (text)")
        file.executemany("INSERT INTO large VALUES (?)", (("x" * 900,) for _ in range(300_000)))
        file.commit()

    def taken(seconds):
        began = time.monotonic()
        assert installation.damage_of(path, seconds) == ""
        return time.monotonic() - began

    whole = taken(None)
    assert min(taken(0.01) for _ in range(5)) < whole / 3


def test_a_database_that_is_served_is_not_called_damaged(folder):
    with running_server(folder) as server:
        assert manage("firstrun", CALLBOARD_DATA_DIR=str(folder)).returncode == 0
        assert server.get("/healthz")[0] == 200
