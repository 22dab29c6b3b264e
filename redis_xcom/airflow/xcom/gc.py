"""What no row refers to any more: found in the stores, and removed on request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from redis_xcom.airflow.xcom.ledger import EXPIRED, ORPHANED, REFERENCED, Entry, Ledger
from redis_xcom.airflow.xcom.naming import read_name
from redis_xcom.airflow.xcom.place import Place
from redis_xcom.airflow.xcom.rows import mentioned_ids, object_id
from redis_xcom.airflow.xcom.stores import store_at
from redis_xcom.errors import StoreError
from redis_xcom.units import milliseconds

PARTS, INDEX = 5, 3
LEAST_GRACE = timedelta(minutes=1)
USUAL_GRACE = timedelta(hours=1)


@dataclass(frozen=True)
class Count:
    """How much of one kind lies in a store.

    :param what: referenced: a row refers to it. orphaned: none does. expired: its own name says
        so. young: none does yet, perhaps.
    :param deleted: how many objects of it a sweep has removed.
    """

    store: str
    what: str
    objects: int
    bytes: int
    deleted: int


@dataclass
class Swept:
    """One store in a sweep.

    :param listed: whether all that lies there is in the ledger.
    :param failed: what was not done here, and why.
    """

    url: str
    listed: bool = False
    failed: str = ""
    deleted: Counter[str] = field(default_factory=Counter)

    def entries(self) -> Iterator[Entry]:
        """What lies there under names of ours; nothing else is ever touched.

        Neither is what lies deeper: that is of another store, perhaps of another Airflow.
        """
        top = len(f"{Place.read(self.url)}/")
        for one in store_at(self.url).list():
            name = read_name(one.uri)
            if name and _is_whole(one.uri[top:]):
                written = max(one.written, name.written)
                yield Entry(one.uri, object_id(one.uri), one.bytes, written, name.expires)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Keep what a store says where it fails: the others are swept all the same."""
        try:
            yield
        except StoreError as error:
            self.failed = f"{self.url}: {error}"


def _is_whole(name: str) -> bool:
    """Whether this is all of `dag/run/task/key/id`, or with an index before the key."""
    parts = name.split("/")
    return len(parts) == PARTS or (len(parts) == PARTS + 1 and parts[INDEX].isdecimal())


class Sweep:
    """One look at the stores and then at the rows, in this order.

    An object is written before its row, so one that is listed has its row by the time that rows
    are read, is younger than the grace, or has none. What is written meanwhile is not listed.

    :param urls: of the stores.
    :param grace: how long an object may wait for its row; what expired is kept for as long, too,
        should clocks differ.
        A minute at least: a value is written, and then Airflow is asked to keep its row.
    :param certain: that these are the stores of this database's Airflow, though no row refers to
        anything there.
    """

    def __init__(
        self,
        ledger: Ledger,
        urls: Sequence[str],
        *,
        grace: timedelta = USUAL_GRACE,
        certain: bool = False,
        now: datetime | None = None,
    ) -> None:
        milliseconds(grace, "grace", least=LEAST_GRACE)
        self._ledger = ledger
        self._swept = [Swept(url) for url in dict.fromkeys(urls)]
        self._then = (now or datetime.now(timezone.utc)) - grace
        self._certain = certain

    def look(self) -> None:
        """Take down what lies where, then what rows refer to.

        :raises RedisXComError: when the rows cannot be read, or a url cannot be meant so.
        """
        for store in self._swept:
            with store.telling():
                self._ledger.enter(store.url, store.entries())
                store.listed = True
        self._ledger.mention(mentioned_ids())

    def delete(self) -> None:
        """Remove orphans and what expired; interrupted or refused, what was done stays done."""
        for store in self._swept:
            with store.telling():
                self._clean(store)

    def counts(self) -> list[Count]:
        """How it is with each store that could be listed."""
        return [count for store in self._swept if store.listed for count in self._counts(store)]

    def failures(self) -> list[str]:
        """What was not done, and why."""
        return [store.failed for store in self._swept if store.failed]

    def _clean(self, store: Swept) -> None:
        there, kinds = store_at(store.url), self._doomed(store)
        for what, uri in self._ledger.uris(store.url, self._then, kinds):
            store.deleted[what] += there.delete(uri)

    def _doomed(self, store: Swept) -> set[str]:
        """Beside what expired the orphans, unless this may be another Airflow's store."""
        counted = self._ledger.counts(store.url, self._then)
        orphans, referenced = counted[ORPHANED][0], counted[REFERENCED][0]
        if referenced or self._certain or not orphans:
            return {EXPIRED, ORPHANED}
        store.failed = (
            f"{store.url}: no row of this database refers to anything there. Is it this Airflow's "
            f"store? If so, --all removes the {orphans} orphans, too; nothing but what expired "
            "was removed"
        )
        return {EXPIRED}

    def _counts(self, store: Swept) -> Iterator[Count]:
        for what, (objects, size) in self._ledger.counts(store.url, self._then).items():
            yield Count(store.url, what, objects, size, store.deleted[what])
