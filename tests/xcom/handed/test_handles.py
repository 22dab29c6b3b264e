"""A handle opens what was handed to the run it is for, and nothing else to nobody else."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from redis_xcom.airflow.xcom import handed
from redis_xcom.airflow.xcom.chosen import choose
from redis_xcom.airflow.xcom.handed import CONF, hand, handed_by, handed_xcoms, redeem
from redis_xcom.airflow.xcom.options import aim
from redis_xcom.errors import BadArgument, HandleRefused, NotForYou, XComMissing

TTL = timedelta(hours=1)
BY = "shop/manual__1/start@unstarted+0"


@pytest.fixture
def handle(airflow, redis_default, runs_as):
    """Of two XComs, for run `one` of `child`."""
    return give(airflow, runs_as, {"orders": "extract", "day": ("extract", "day")})


def give(airflow, runs_as, xcoms, ttl=TTL):
    chosen = choose(xcoms, runs_as(airflow.ti()))
    return hand(chosen, dag_id="child", run_id="one", by=BY, ttl=ttl)


def ask(airflow, runs_as, handle, run_id="one", **where):
    return redeem(handle, runs_as(airflow.child(run_id, **where)).get_template_context())


def test_the_run_it_is_for_has_the_values_by_name(airflow, runs_as, handle):
    found = ask(airflow, runs_as, handle)
    assert dict(found) == {"orders": [1, 2], "day": "Friday"}
    assert (len(found), repr(found)) == (2, "<Handed orders, day>")


def test_any_task_of_that_run_may_redeem_it_and_as_often_as_it_likes(airflow, runs_as, handle):
    for task_id in ("work", "work", "report"):
        assert ask(airflow, runs_as, handle, task_id=task_id)["day"] == "Friday"


@pytest.mark.parametrize("where", [{"run_id": "two"}, {"dag_id": "other"}], ids=["run", "dag"])
def test_another_run_is_refused_by_name_and_the_right_one_still_has_it(
    airflow, runs_as, handle, where
):
    with pytest.raises(HandleRefused, match="is for run one of child, not for run"):
        ask(airflow, runs_as, handle, **where)
    assert ask(airflow, runs_as, handle)["day"] == "Friday"


def test_another_airflow_with_a_run_of_that_name_is_told_who_redeemed_it(
    airflow, runs_as, handle, monkeypatch
):
    assert ask(airflow, runs_as, handle)["day"] == "Friday"
    monkeypatch.setenv("AIRFLOW__REDIS_XCOM__DEPLOYMENT", "north")
    with pytest.raises(HandleRefused, match=r"was redeemed by child\.work one"):
        ask(airflow, runs_as, handle)


@pytest.mark.parametrize("place", [0, 15, 31])
def test_one_altered_character_leads_nowhere(airflow, runs_as, handle, place):
    other = "0" if handle[place] != "0" else "1"
    altered = handle[:place] + other + handle[place + 1 :]
    with pytest.raises(HandleRefused, match="leads nowhere"):
        ask(airflow, runs_as, altered)


@pytest.mark.parametrize(
    "change", [lambda told: "X" + told[1:], lambda told: told[:-1], lambda told: told + "0"]
)
def test_what_is_no_handle_any_more_is_refused(airflow, runs_as, handle, change):
    with pytest.raises(HandleRefused, match=r"altered|expired"):
        ask(airflow, runs_as, change(handle))


@pytest.mark.parametrize("odd", [None, 7, {}, [], "", "orders", "*", "a}b.1"])
def test_anything_else_is_no_handle(airflow, redis_default, runs_as, odd):
    with pytest.raises(HandleRefused, match="is no handle"):
        ask(airflow, runs_as, odd)
    assert handed_by(odd) is None


def test_a_later_end_cannot_be_written_into_it(airflow, runs_as, handle):
    secret, _, expires = handle.partition(".")
    with pytest.raises(HandleRefused, match="leads nowhere"):
        ask(airflow, runs_as, f"{secret}.{int(expires) + 3600}")


def test_an_expired_one_says_since_when(airflow, runs_as, handle, monkeypatch):
    """By itself: what lies in Redis may have been kept for longer."""
    later = time.time() + 7200
    monkeypatch.setattr(handed.time, "time", lambda: later)
    with pytest.raises(HandleRefused, match=r"has expired on 20\d\d-"):
        ask(airflow, runs_as, handle)


def test_it_ends_in_redis_too(airflow, runs_as, handle, redis_default):
    ask(airflow, runs_as, handle)
    keys = redis_default.keys()
    assert keys
    assert all(0 < redis_default.pttl(key) <= TTL.total_seconds() * 1000 for key in keys)


def test_where_redis_was_emptied_it_leads_nowhere(airflow, runs_as, handle, redis_default):
    redis_default.flushall()
    with pytest.raises(HandleRefused, match="leads nowhere"):
        ask(airflow, runs_as, handle)


def test_no_two_are_alike(airflow, redis_default, runs_as):
    many = {give(airflow, runs_as, "extract") for _ in range(20)}
    assert len(many) == 20


def test_neither_the_handle_nor_redis_holds_a_value(airflow, runs_as, handle, redis_default):
    ask(airflow, runs_as, handle)
    kept = b"".join(redis_default.dump(key) for key in redis_default.keys())
    assert b"Friday" not in kept
    assert "Friday" not in handle


def test_nothing_else_of_the_parent_is_read_through_it(airflow, runs_as, handle):
    found = ask(airflow, runs_as, handle)
    with pytest.raises(KeyError, match="'secret' was not handed to this run: it has orders, day"):
        found["secret"]
    assert "secret" not in found
    assert found.get("secret") is None


def test_a_value_is_loaded_when_it_is_asked_for(airflow, runs_as, handle):
    found = ask(airflow, runs_as, handle)
    airflow.push("extract", "Saturday", key="day")
    assert found["day"] == "Saturday"


def test_an_xcom_that_is_gone_by_then_is_named(airflow, runs_as, handle):
    found = ask(airflow, runs_as, handle)
    del airflow.rows["shop", "manual__1", "extract", -1, "day"]
    with pytest.raises(XComMissing, match=r"'day' of shop\.extract"):
        found["day"]
    assert found["orders"] == [1, 2]


def test_what_is_not_there_is_not_handed(airflow, redis_default, runs_as):
    with pytest.raises(XComMissing, match=r"'nothing' of shop\.extract"):
        give(airflow, runs_as, [("extract", "nothing")])
    del airflow.rows["shop", "manual__1", "price", 0, "return_value"]
    del airflow.rows["shop", "manual__1", "price", 1, "return_value"]
    with pytest.raises(XComMissing, match=r"shop\.price"):
        give(airflow, runs_as, "price")


def test_a_task_hands_on_what_is_aimed_at_it(airflow, redis_default, runs_as):
    """The run it is handed to needs not be named: the handle is what it may read it by."""
    handle = give(airflow, runs_as, [("extract", "aimed")])
    assert ask(airflow, runs_as, handle)["aimed"] == "for start alone"


def test_a_task_hands_on_nothing_that_is_aimed_at_others(airflow, redis_default, runs_as):
    with pytest.raises(NotForYou, match=r"aimed at load: not for shop\.start"):
        give(airflow, runs_as, [("extract", "elsewhere")])
    assert redis_default.keys() == []


def test_pushed_anew_for_others_it_is_read_no_more(airflow, redis_default, runs_as):
    handle = give(airflow, runs_as, [("extract", "day")])
    airflow.push("extract", aim("Saturday", to="load"), key="day")
    with pytest.raises(NotForYou, match=r"aimed at load: not for shop\.start"):
        ask(airflow, runs_as, handle)["day"]


def test_the_values_of_all_map_indexes_come_as_a_list(airflow, redis_default, runs_as):
    assert ask(airflow, runs_as, give(airflow, runs_as, ["price"]))["price"] == [10, 20]


def test_it_says_who_has_handed_it(airflow, handle):
    assert handed_by(handle) == BY
    secret, _, expires = handle.partition(".")
    assert handed_by(f"{secret[::-1]}.{expires}") is None


@pytest.mark.spoils_keys
def test_what_somebody_else_has_put_there_is_refused(airflow, redis_default, runs_as, handle):
    [ready] = (key for key in redis_default.keys() if key.endswith(b":ready"))
    redis_default.lset(ready, 0, b'{"run_id": "one"}')
    with pytest.raises(HandleRefused, match="holds what nobody has handed"):
        ask(airflow, runs_as, handle)


def test_a_run_finds_its_handle_in_its_conf(airflow, runs_as, handle, monkeypatch):
    child = airflow.child("one")
    monkeypatch.setattr(airflow, "conf_of", lambda *_run: {CONF: handle})
    runs_as(child)
    assert handed_xcoms()["day"] == "Friday"
    assert handed_xcoms(child.get_template_context())["day"] == "Friday"


def test_a_run_that_was_handed_nothing_is_told_so(airflow, runs_as):
    runs_as(airflow.child("one"))
    with pytest.raises(HandleRefused, match="was handed nothing"):
        handed_xcoms()


def test_it_lasts_as_long_as_values_are_kept_unless_somebody_says_otherwise(monkeypatch):
    assert handed.lifetime(None) == timedelta(days=30)
    assert handed.lifetime("90") == handed.lifetime(90) == timedelta(seconds=90)
    assert handed.lifetime(TTL) == TTL
    with pytest.raises(BadArgument, match="ttl is 'a day'"):
        handed.lifetime("a day")


def test_where_values_are_kept_for_ever_it_lasts_a_month(monkeypatch):
    monkeypatch.setattr(handed, "default_ttl", lambda: timedelta(0))
    assert handed.lifetime(None) == timedelta(days=30)
