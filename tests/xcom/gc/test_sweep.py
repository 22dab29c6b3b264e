"""What no row refers to is found and removed, and nothing else."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime, timedelta, timezone

import pytest

from redis_xcom.airflow.xcom import gc
from redis_xcom.errors import BadArgument, RedisXComError, StoreRefused, StoreUnavailable

LONG_AGO = datetime(2026, 1, 1, tzinfo=timezone.utc)
IN_A_MONTH = timedelta(days=30)


def told(sweep):
    return {count.what: (count.objects, count.deleted) for count in sweep.counts()}


def cleaned(sweep):
    sweep.look()
    sweep.delete()
    return told(sweep)


@pytest.mark.spoils_keys
def test_only_orphans_and_what_expired_are_removed(values, sweep):
    wanted = values.put(expires=datetime.now(timezone.utc) + IN_A_MONTH)
    forever = values.put()
    values.put(row=False)
    values.put(row=False, suffix=".json.zst.sealed")
    values.put(row=True, expires=LONG_AGO)
    seen = sweep(values.url)
    seen.look()
    assert told(seen) == {
        "referenced": (2, 0), "orphaned": (2, 0), "expired": (1, 0), "young": (0, 0),
    }  # fmt: skip
    assert len(values.left()) == 5
    seen.delete()
    assert told(seen) == {
        "referenced": (2, 0), "orphaned": (2, 2), "expired": (1, 1), "young": (0, 0),
    }  # fmt: skip
    assert values.left() == {wanted, forever}
    assert seen.failures() == []


def test_a_deleted_row_leaves_an_orphan(files, database, sweep):
    files.put()
    left_alone = files.put()
    assert cleaned(sweep(files.url))["orphaned"] == (0, 0)
    database.forget(left_alone)
    assert cleaned(sweep(files.url))["orphaned"] == (1, 1)
    assert left_alone not in files.left()


def test_bytes_are_counted(files, sweep):
    files.put(data=b"x" * 70)
    files.put(row=False, data=b"x" * 7)
    files.put(row=False, data=b"x" * 8)
    seen = sweep(files.url)
    seen.look()
    assert [(one.what, one.bytes) for one in seen.counts()][:2] == [
        ("referenced", 70), ("orphaned", 15),
    ]  # fmt: skip


@pytest.mark.spoils_keys
def test_what_may_still_get_its_row_is_left_alone(values, sweep):
    values.put()
    values.put(row=False)
    assert cleaned(sweep(values.url, after=timedelta(minutes=59)))["young"] == (1, 0)
    assert len(values.left()) == 2
    assert cleaned(sweep(values.url, after=timedelta(minutes=61)))["orphaned"] == (1, 1)


def test_what_a_backup_brought_back_is_young(files, sweep):
    """Its name is old, the file is new: whoever restored it may be about to restore its row."""
    files.put()
    uri = files.put(row=False)
    at = time.time() + 7200
    os.utime(uri.removeprefix("file://"), (at, at))
    assert cleaned(sweep(files.url))["young"] == (1, 0)


def test_what_has_just_expired_is_kept_for_the_grace(files, sweep):
    """Another machine's clock may be behind."""
    uri = files.put(expires=datetime.now(timezone.utc))
    assert cleaned(sweep(files.url, after=timedelta(minutes=59)))["expired"] == (0, 0)
    assert files.left() == {uri}
    assert cleaned(sweep(files.url, after=timedelta(minutes=61)))["expired"] == (1, 1)


def test_a_row_that_is_written_while_the_stores_are_listed_makes_no_orphan(
    files, database, sweep, monkeypatch
):
    files.put()
    late = files.put(row=False)
    listed = gc.Swept.entries

    def slowly(self):
        yield from listed(self)
        database.add({"__classname__": gc_name(), "__data__": {"uri": late}})

    monkeypatch.setattr(gc.Swept, "entries", slowly)
    assert cleaned(sweep(files.url))["orphaned"] == (0, 0)
    assert late in files.left()


def gc_name():
    from redis_xcom.airflow.xcom.reference import NAME

    return NAME


@pytest.mark.parametrize("wrapped", [json.dumps, lambda row: [{"a": row}]], ids=["text", "nested"])
def test_a_reference_counts_however_it_lies_in_its_row(files, database, sweep, wrapped):
    """Some versions of Airflow keep JSON as text within JSON."""
    files.put()
    uri = files.put(row=False)
    database.add(wrapped({"__classname__": gc_name(), "__data__": {"uri": uri}}))
    assert cleaned(sweep(files.url))["referenced"] == (2, 0)
    assert uri in files.left()


def test_an_object_counts_under_whatever_connection_its_row_names_it(files, database, sweep):
    files.put()
    uri = files.put(row=False)
    elsewhere = uri.replace("file://", "s3://other@bucket")
    database.add({"__classname__": gc_name(), "__data__": {"uri": elsewhere}})
    assert cleaned(sweep(files.url))["referenced"] == (2, 0)


def test_what_bears_no_name_of_ours_is_never_touched(files, tmp_path, sweep):
    files.put()
    uri = files.put(row=False)
    strangers = [
        tmp_path / "xcoms" / "notes.txt",
        tmp_path / "xcoms" / "dag" / "run" / "task" / "return_value" / "data.json",
        tmp_path / "xcoms" / uri.rpartition("/")[2],  # a name of ours, where none of ours lies
    ]
    for stranger in strangers[1:2]:
        stranger.parent.mkdir(parents=True)
    for stranger in strangers:
        stranger.write_text("theirs")
    assert cleaned(sweep(files.url))["orphaned"] == (1, 1)
    assert all(stranger.exists() for stranger in strangers)


def test_what_lies_in_a_store_within_this_one_belongs_there(files, tmp_path, database, sweep):
    files.put()
    inner = type(files)(f"{files.url}/team", database)
    theirs = {inner.put(row=False), inner.put(row=False)}
    assert cleaned(sweep(files.url)) == {
        "referenced": (1, 0), "orphaned": (0, 0), "expired": (0, 0), "young": (0, 0),
    }  # fmt: skip
    assert inner.left() == theirs


def test_a_mapped_tasks_values_are_swept_too(files, sweep):
    wanted = files.put(index=3)
    files.put(index=0, row=False)
    assert cleaned(sweep(files.url))["orphaned"] == (1, 1)
    assert files.left() == {wanted}


def test_a_store_to_which_no_row_refers_may_be_another_airflows(files, sweep):
    files.put(row=False)
    files.put(row=False, expires=LONG_AGO)
    seen = sweep(files.url)
    assert cleaned(seen) == {
        "referenced": (0, 0), "orphaned": (1, 0), "expired": (1, 1), "young": (0, 0),
    }  # fmt: skip
    assert "no row of this database refers to anything there" in seen.failures()[0]
    assert cleaned(sweep(files.url, certain=True))["orphaned"] == (1, 1)
    assert files.left() == set()


def test_a_store_that_fails_half_way_keeps_what_was_not_yet_removed(files, sweep, monkeypatch):
    files.put()
    for _ in range(5):
        files.put(row=False)
    seen = sweep(files.url)
    seen.look()
    breaks_at(monkeypatch, 3, StoreUnavailable("no answer"))
    seen.delete()
    assert told(seen)["orphaned"] == (5, 2)
    assert seen.failures() == [f"{files.url}: no answer"]
    assert len(files.left()) == 4
    monkeypatch.undo()


def breaks_at(monkeypatch, number, error):
    from redis_xcom.airflow.xcom.stores import Store

    real, calls = Store.delete, iter(range(1, 100))

    def delete(self, uri):
        if next(calls) == number:
            raise error
        return real(self, uri)

    monkeypatch.setattr(Store, "delete", delete)


def test_interrupted_it_has_told_what_was_done(files, sweep, monkeypatch):
    files.put()
    for _ in range(5):
        files.put(row=False)
    seen = sweep(files.url)
    seen.look()
    breaks_at(monkeypatch, 3, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        seen.delete()
    assert told(seen)["orphaned"] == (5, 2)


def test_a_store_that_cannot_be_listed_is_left_alone_and_the_others_are_swept(
    files, tmp_path, sweep, monkeypatch
):
    files.put()
    files.put(row=False)
    listed = gc.Swept.entries

    def refusing(self):
        if self.url.endswith("closed"):
            raise StoreRefused("no permission")
        yield from listed(self)

    monkeypatch.setattr(gc.Swept, "entries", refusing)
    closed = (tmp_path / "closed").as_uri()
    seen = sweep(closed, files.url)
    assert cleaned(seen)["orphaned"] == (1, 1)
    assert seen.failures() == [f"{closed}: no permission"]
    assert {count.store for count in seen.counts()} == {files.url}


def test_what_one_store_lists_half_way_is_not_judged(files, sweep, monkeypatch):
    files.put()
    files.put(row=False)
    listed = gc.Swept.entries

    def breaking(self):
        yield next(listed(self))
        raise StoreUnavailable("no answer")

    monkeypatch.setattr(gc.Swept, "entries", breaking)
    seen = sweep(files.url)
    assert cleaned(seen) == {}
    assert len(files.left()) == 2


def test_without_the_rows_nothing_is_removed(files, sweep, database):
    files.put(row=False)
    database.do("DROP TABLE xcom")
    with pytest.raises(RedisXComError, match=r"no such table: xcom.*airflow db check"):
        sweep(files.url).look()
    assert len(files.left()) == 1


def test_a_url_that_cannot_be_meant_is_refused_before_anything_is_removed(files, sweep):
    files.put(row=False)
    with pytest.raises(BadArgument):
        sweep(files.url, "nonsense://x").look()


def test_a_store_that_holds_nothing_yet_is_no_error(tmp_path, database, sweep):
    seen = sweep((tmp_path / "never-written").as_uri())
    assert set(cleaned(seen).values()) == {(0, 0)}
    assert seen.failures() == []
