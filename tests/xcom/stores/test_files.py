"""Values in files: never seen half, never left lying, and what a system refuses is told."""

from __future__ import annotations

import errno
import os
import resource
import signal
import threading
from pathlib import Path

import pytest

from redis_xcom.airflow.xcom import files
from redis_xcom.airflow.xcom.stores import store_at
from redis_xcom.errors import (
    RedisXComError,
    StoreError,
    StoreRefused,
    StoreUnavailable,
    XComMissing,
)

NOBODY = 65_534
LARGE = bytes(1_000_000)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "xcoms"


@pytest.fixture
def store(folder):
    return store_at(f"file://{folder}")


def path_of(uri):
    return Path(uri.removeprefix("file://"))


def told_by_child(work):
    """What this says, done in a process of its own, or the error that it raises there."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(tell, str(work()).encode())
        except RedisXComError as error:
            os.write(tell, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(told) as answer:
        words = answer.read()
    os.waitpid(child, 0)
    return words


def as_nobody(work):
    def demoted():
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        return work()

    return told_by_child(demoted)


@pytest.fixture
def closed(store, new_name, folder):
    """A value's uri, in a folder that others may not enter, nor write to."""
    uri = store.put(new_name(), b"1", ttl=None)
    for above in (folder.parent, *folder.parent.parents):
        if above.stat().st_uid == os.geteuid() and "pytest" in str(above):
            above.chmod(0o755)
    path_of(uri).chmod(0o000)
    path_of(uri).parent.chmod(0o555)
    yield uri
    path_of(uri).parent.chmod(0o755)


def test_who_may_not_is_told_so(store, closed, new_name):
    for act in (
        lambda: store.get(closed),
        lambda: store.delete(closed),
        lambda: store.put(new_name(), b"2", ttl=None),
    ):
        words = as_nobody(act)
        assert words.startswith("StoreRefused: file:///")
        assert "this user may not: give it the folder" in words


def test_nothing_half_is_ever_read(store, new_name, monkeypatch):
    name, seen, over = new_name(), [], threading.Event()
    uri = f"{store._base}/{name}"

    def look():
        while not over.is_set():
            try:
                seen.append(len(store.get(uri)))
            except XComMissing:
                seen.append(None)

    rename = files._rename

    def seen_before(*paths):
        there = len(seen)
        while len(seen) < there + 2:  # the watcher has looked while all but the name is there
            over.wait(0.001)
        rename(*paths)

    monkeypatch.setattr(files, "_rename", seen_before)
    watcher = threading.Thread(target=look)
    watcher.start()
    store.put(name, LARGE, ttl=None)
    there = len(seen)
    while len(seen) < there + 2:
        over.wait(0.001)
    over.set()
    watcher.join()
    assert set(seen) == {None, len(LARGE)}


def test_what_a_killed_process_leaves_is_no_value_and_can_be_cleared_away(
    store, new_name, monkeypatch
):
    name = new_name()
    monkeypatch.setattr(files, "_rename", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    assert told_by_child(lambda: store.put(name, LARGE, ttl=None)) == ""
    with pytest.raises(XComMissing):
        store.get(f"{store._base}/{name}")
    (left,) = store.list()
    assert left.uri.endswith(".json.part")
    assert store.delete(left.uri)
    assert list(store.list()) == []


def refusing(number, monkeypatch):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files, "_rename", refuse)


@pytest.mark.parametrize(
    ("number", "kind", "remedy"),
    [
        (errno.ENOSPC, StoreRefused, "no room is left: make some, or run redis-xcom gc"),
        (errno.EDQUOT, StoreRefused, "the quota is used up"),
        (errno.EROFS, StoreRefused, "mount it for writing"),
        (errno.EIO, StoreUnavailable, "Input/output error"),
        (errno.ESTALE, StoreUnavailable, "Stale file handle"),
        (errno.ELOOP, StoreError, "Too many levels"),
    ],
)
def test_what_the_system_says_is_told_and_nothing_is_left(
    store, new_name, folder, monkeypatch, number, kind, remedy
):
    refusing(number, monkeypatch)
    with pytest.raises(kind, match=remedy) as failed:
        store.put(new_name(), b"1", ttl=None)
    assert type(failed.value) is kind
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_file_that_may_not_grow_so_large_is_refused_and_not_left(store, new_name, folder):
    def work():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
        store.put(new_name(), LARGE, ttl=None)

    assert "StoreRefused" in (words := told_by_child(work))
    assert "File too large" in words
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_file_where_a_folder_should_be_is_told(folder, new_name):
    folder.parent.joinpath("taken").write_text("")
    store = store_at(f"file://{folder.parent}/taken")
    with pytest.raises(StoreRefused, match="a file lies where a folder should be"):
        store.put(new_name(), b"1", ttl=None)


def test_a_folder_that_is_not_there_yet_is_empty_and_is_made(store, folder, new_name):
    assert list(store.list()) == []
    store.put(new_name(), b"1", ttl=None)
    assert folder.is_dir()


def test_a_delete_takes_empty_folders_away_but_never_the_stores_own(store, folder, new_name):
    uris = [store.put(new_name(), b"1", ttl=None) for _ in range(2)]
    store.delete(uris[0])
    assert store.get(uris[1]) == b"1"
    store.delete(uris[1])
    assert list(folder.iterdir()) == []


def test_puts_and_deletes_in_one_folder_do_not_disturb_each_other(store, folder, new_name):
    wrong = []

    def work():
        for _ in range(100):
            try:
                uri = store.put(new_name(), b"1", ttl=None)
                if store.get(uri) != b"1" or not store.delete(uri):
                    wrong.append(uri)
            except RedisXComError as error:
                wrong.append(error)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
    assert list(folder.iterdir()) == []


def test_what_else_lies_in_the_folder_is_neither_listed_nor_followed(store, folder, new_name):
    uri = store.put(new_name(), b"1", ttl=None)
    folder.joinpath("notes.txt").write_text("mine")
    folder.joinpath("loop").symlink_to(folder)
    path_of(uri).with_name(path_of(uri).name.replace(".0.", ".1.")).symlink_to(path_of(uri))
    assert [listed.uri for listed in store.list()] == [uri]
