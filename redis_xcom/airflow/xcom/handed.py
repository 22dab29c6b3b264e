"""XComs that one run hands to another: a handle stands for them, and only that run redeems it.

A handle is a secret name and the time of its end. Under the name lies, in Redis, which run it is
for and which XComs it stands for, not their values; the first redeemer claims it for good.
"""

from __future__ import annotations

import math
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from redis_xcom.airflow.xcom.chosen import Chosen
from redis_xcom.airflow.xcom.reader import Reader, current_reader
from redis_xcom.airflow.xcom.settings import CHECKS, NEVER, Settings, default_ttl
from redis_xcom.airflow.xcom.singles import get_single_server, open_single
from redis_xcom.errors import AlreadyClaimed, BadPayload, HandleRefused

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redis_xcom.single import Single

CONF = "xcoms"
"""Where in its conf a run finds its handle."""

PREFIX = "xcom-handles"
HANDLE = re.compile(r"[0-9a-f]{32}\.([1-9][0-9]{0,10})")


class Handed(Mapping[str, Any]):
    """The values of XComs that a run was handed, by name; each is loaded whenever it is asked for.

    Reading one raises what reading any XCom raises: `XComMissing` when its task was cleared or its
    run deleted since, `XComExpired`, `XComAltered`; `NotForYou` where it was pushed anew, and aimed
    at others than the task that has handed it. An XCom of several map indexes is a list.
    """

    def __init__(self, chosen: Mapping[str, Chosen], reader: Reader | None) -> None:
        self._chosen = dict(chosen)
        self._reader = reader

    def __getitem__(self, name: str) -> Any:
        if name not in self._chosen:
            raise KeyError(f"{name!r} was not handed to this run: it has {', '.join(self)}")
        return self._chosen[name].load(self._reader)

    def __iter__(self) -> Iterator[str]:
        return iter(self._chosen)

    def __len__(self) -> int:
        return len(self._chosen)

    def __repr__(self) -> str:
        return f"<Handed {', '.join(self)}>"


@dataclass(frozen=True)
class Handing:
    """What lies under a handle.

    :param dag_id: of the run that it is for.
    :param by: the intent of the task that has handed them, the same on each of its tries.
    :param reader: that task: on its behalf they are read.
    """

    dag_id: str
    run_id: str
    by: str
    reader: Reader | None
    xcoms: dict[str, Chosen]


def hand(xcoms: Mapping[str, Chosen], *, dag_id: str, run_id: str, by: str, ttl: timedelta) -> str:
    """Return a handle of these XComs for one run, which need not be there yet.

    :param by: who hands them; see `redis_xcom.airflow.identity.push_id`.
    :param ttl: how long it can be redeemed, a second at least.
    :raises NotForYou: when one is aimed at others than the task that hands it on.
    :raises XComMissing: when one is not there.
    """
    for chosen in xcoms.values():
        chosen.check()
    handle = f"{secrets.token_hex(16)}.{math.ceil(time.time() + ttl.total_seconds())}"
    with _single(handle) as single:
        single.offer(asdict(Handing(dag_id, run_id, by, current_reader(), dict(xcoms))), ttl=ttl)
    return handle


def redeem(handle: object, context: Context) -> Handed:
    """Return what a handle stands for to this task's run; any task of the run may ask again.

    :raises HandleRefused: when it is expired, altered or unknown, for another run, or redeemed by
        another already.
    """
    from redis_xcom.airflow.identity import owner, run_path

    ti: Any = context["ti"]
    name = _checked(handle)
    with _single(name) as single:
        handing = _look(single)
        if handing is None:
            raise HandleRefused(
                f"handle {_short(name)} leads nowhere: it was altered, or Redis was emptied since"
            )
        _check_run(handing, ti, name)
        try:
            single.claim(run_path(ti.dag_id, ti.run_id), owner=owner(ti))
        except AlreadyClaimed as error:
            raise HandleRefused(
                f"handle {_short(name)} was redeemed by {error.owner}: hand anew"
            ) from error
    return Handed(handing.xcoms, handing.reader)


def handed_xcoms(context: Context | None = None) -> Handed:
    """Return what this run was handed when it was triggered, by name.

    :param context: the task's; by default the current one.
    :raises HandleRefused: when it was handed nothing, and as `redeem`.
    """
    from airflow.sdk import get_current_context

    context = get_current_context() if context is None else context
    run: Any = context["dag_run"]
    conf = run.conf or {}
    if CONF not in conf:
        raise HandleRefused(
            f"run {run.run_id} of {run.dag_id} was handed nothing, its conf has no {CONF!r}: "
            "trigger it by TriggerDagRunWithXComsOperator"
        )
    return redeem(conf[CONF], context)


def handed_by(handle: object) -> str | None:
    """Return who has handed it, None where it is none that leads anywhere."""
    if not isinstance(handle, str) or not HANDLE.fullmatch(handle):
        return None
    with _single(handle) as single:
        handing = _look(single)
    return None if handing is None else handing.by


def lifetime(ttl: object) -> timedelta:
    """Return for how long a handle can be redeemed; raise `BadArgument`.

    :param ttl: a timedelta or seconds; None for as long as values are kept, or 30 days where they
        are kept for ever.
    """
    given: Any = default_ttl() if ttl is None else CHECKS["ttl"](ttl, "ttl")
    lasting: timedelta = Settings.ttl if ttl is None and given == NEVER else given
    return lasting


def _checked(handle: object) -> str:
    """Return it, unless it shows by itself that it is none, or is over."""
    found = HANDLE.fullmatch(handle) if isinstance(handle, str) else None
    if found is None:
        raise HandleRefused(f"this {type(handle).__name__} is no handle of XComs: it was altered")
    if (expires := int(found[1])) <= time.time():
        when = datetime.fromtimestamp(expires, timezone.utc)
        raise HandleRefused(
            f"handle {_short(found[0])} has expired on {when:%Y-%m-%d %H:%M:%S} UTC: trigger the "
            "run anew, or hand with a longer ttl"
        )
    return found[0]


def _check_run(handing: Handing, ti: Any, name: str) -> None:
    if handing.dag_id == ti.dag_id and handing.run_id == ti.run_id:
        return
    raise HandleRefused(
        f"handle {_short(name)} is for run {handing.run_id} of {handing.dag_id}, not for run "
        f"{ti.run_id} of {ti.dag_id}: each run needs a handle of its own"
    )


def _short(handle: str) -> str:
    """What may stand in a log: not enough to redeem it."""
    return f"{handle[:8]}…"


def _look(single: Single) -> Handing | None:
    import msgspec

    try:
        told = single.look()
        return None if told is None else msgspec.convert(told, Handing)
    except (BadPayload, msgspec.ValidationError) as error:
        raise HandleRefused(f"{single.keys.base}… holds what nobody has handed: {error}") from error


def _single(handle: str) -> AbstractContextManager[Single]:
    return open_single(get_single_server(), handle, prefix=PREFIX)
