"""A run is triggered once for each intent, and finds its handle in its conf."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from airflow.sdk.execution_time import comms

from redis_xcom import operators
from redis_xcom.airflow import compat
from redis_xcom.airflow.runs import RunFailed, child_run_id_of
from redis_xcom.airflow.xcom import macros
from redis_xcom.airflow.xcom.handed import CONF, handed_xcoms
from redis_xcom.errors import BadArgument, HandleRefused
from redis_xcom.operators.trigger_with_xcoms import TriggerDagRunWithXComsOperator

AirflowFailException = type(compat.fail_for_good(""))
AirflowSkipException = type(compat.skip(""))
ALLOWED = re.compile(r"[A-Za-z0-9_.~:+-]{1,250}")
"""What Airflow takes for a run id by default."""


@pytest.fixture
def trigger(airflow, redis_default, runs_as):
    """`trigger(conf={…})`: the task `start` of the DAG `shop` tries; it returns the run's id."""

    def trigger(*, ti=None, **arguments):
        arguments = {"trigger_dag_id": "child", "xcoms": ["extract"]} | arguments
        operator = TriggerDagRunWithXComsOperator(task_id="start", **arguments)
        context = runs_as(ti or airflow.ti()).get_template_context()
        operator.render_template_fields(context)
        return operator.execute(context)

    return trigger


def read(airflow, runs_as, run_id):
    child = runs_as(airflow.child(run_id))
    return dict(handed_xcoms(child.get_template_context()))


def test_the_run_reads_what_it_was_handed(airflow, trigger, runs_as):
    run_id = trigger(xcoms={"orders": "extract", "prices": "price", "day": ("extract", "day")})
    assert list(airflow.runs) == [("child", run_id)]
    assert read(airflow, runs_as, run_id) == {
        "orders": [1, 2],
        "prices": [10, 20],
        "day": "Friday",
    }


@pytest.mark.parametrize("conf", [{"a": 1}, '{"a": 1}'], ids=["dict", "rendered"])
def test_the_handle_stands_beside_the_authors_own_conf(airflow, trigger, conf):
    run_id = trigger(conf=conf)
    sent = airflow.runs["child", run_id].conf
    assert sent.keys() == {"a", CONF}
    assert isinstance(sent[CONF], str)


@pytest.mark.parametrize(
    ("conf", "why"),
    [({CONF: "mine"}, "where the handle of the XComs is to stand"), ("[1]", "conf is a list")],
)
def test_a_conf_that_cannot_hold_the_handle_is_refused(airflow, trigger, conf, why):
    with pytest.raises(BadArgument, match=why):
        trigger(conf=conf)
    assert airflow.runs == {}


def test_it_is_among_the_operators_for_whoever_asks_by_name():
    assert operators.TriggerDagRunWithXComsOperator is TriggerDagRunWithXComsOperator
    with pytest.raises(AttributeError, match="has no attribute 'TriggerDagRunWithoutXComs'"):
        operators.TriggerDagRunWithoutXComs  # noqa: B018


def test_the_log_and_the_rendered_fields_show_which_but_no_values(airflow, trigger, caplog):
    with caplog.at_level("INFO"):
        trigger(xcoms={"day": ("extract", "day")})
    assert "XCom 'day' of shop.extract, run manual__1" in caplog.text
    assert "Friday" not in caplog.text


def test_a_retry_finds_the_run_of_an_earlier_try(airflow, trigger, runs_as):
    """That try was killed once it had created the run: its handle is in the conf."""
    run_id = trigger()
    assert trigger() == run_id
    assert len(airflow.runs) == 1
    assert read(airflow, runs_as, run_id) == {"extract": [1, 2]}


def test_what_the_supervisor_did_without_an_answer_counts_as_done(airflow, trigger, runs_as):
    airflow.loses_answers = True
    run_id = trigger()
    assert read(airflow, runs_as, run_id) == {"extract": [1, 2]}


def test_a_task_that_is_cleared_triggers_another_run(airflow, trigger):
    first = trigger()
    assert trigger(ti=airflow.ti(max_tries=1)) != first
    assert len(airflow.runs) == 2


def test_mapped_tasks_trigger_a_run_each(airflow, trigger, runs_as):
    runs = [trigger(ti=airflow.ti(map_index=index)) for index in range(3)]
    assert len(set(runs)) == len(airflow.runs) == 3
    assert [run_id.split("__")[1] for run_id in runs] == [f"shop-start.{i}" for i in range(3)]
    handles = {run.conf[CONF] for run in airflow.runs.values()}
    assert len(handles) == 3
    airflow.runs["child", "copied"] = SimpleNamespace(conf=airflow.runs["child", runs[0]].conf)
    with pytest.raises(HandleRefused, match="not for run copied"):
        read(airflow, runs_as, "copied")


def test_the_link_leads_to_the_run(airflow, trigger):
    ti = airflow.ti()
    assert ti.pushed.get("trigger_run_id") is None
    assert trigger(ti=ti) == ti.pushed["trigger_run_id"]


def test_a_given_run_id_that_is_somebody_elses_is_treated_as_by_airflow(airflow, trigger):
    airflow.runs["child", "daily"] = SimpleNamespace(conf={}, logical_date=None)
    with pytest.raises(AirflowFailException, match="child has a run daily"):
        trigger(trigger_run_id="daily")
    with pytest.raises(AirflowSkipException):
        trigger(trigger_run_id="daily", skip_when_already_exists=True)
    assert trigger(trigger_run_id="daily", reset_dag_run=True) == "daily"
    assert airflow.resets == ["daily"]


@pytest.mark.skipif(not hasattr(comms, "GetDagRun"), reason="before Airflow 3.2")
def test_a_given_run_id_of_an_earlier_try_counts_as_triggered(airflow, trigger, runs_as):
    assert trigger(trigger_run_id="daily") == trigger(trigger_run_id="daily") == "daily"
    assert read(airflow, runs_as, "daily") == {"extract": [1, 2]}
    with pytest.raises(AirflowFailException):
        trigger(trigger_run_id="daily", ti=airflow.ti(max_tries=1))


def test_where_airflow_tells_no_conf_a_given_run_id_is_somebody_elses(
    airflow, trigger, monkeypatch
):
    monkeypatch.delattr(comms, "GetDagRun", raising=False)
    trigger(trigger_run_id="daily")
    with pytest.raises(AirflowFailException):
        trigger(trigger_run_id="daily")


def test_a_run_of_the_same_logical_date_is_not_taken_for_ours(airflow, trigger):
    date = datetime(2026, 11, 20, tzinfo=timezone.utc)
    airflow.runs["child", "other"] = SimpleNamespace(conf={}, logical_date=date)
    with pytest.raises(AirflowFailException, match="or one of its logical date"):
        trigger(logical_date=date)


def test_a_run_that_failed_is_cleared_by_a_retry_that_is_to_reset(airflow, trigger):
    run_id = trigger(reset_dag_run=True)
    for state, resets in [("running", []), ("success", []), ("failed", [run_id])]:
        airflow.states = lambda *_run, state=state: state
        trigger(reset_dag_run=True)
        assert airflow.resets == resets


def test_it_waits_until_the_run_has_ended_well(airflow, trigger):
    states = iter(["queued", "running", "success"])
    airflow.states = lambda *_run: next(states)
    trigger(wait_for_completion=True, poke_interval=0)
    assert list(states) == []


def test_it_fails_where_the_run_it_waits_for_fails(airflow, trigger):
    airflow.states = lambda *_run: "failed"
    with pytest.raises(RunFailed, match="of child is failed"):
        trigger(wait_for_completion=True, poke_interval=0)


def test_it_waits_in_the_triggerer_also_for_the_run_of_an_earlier_try(airflow, trigger):
    waits = {"wait_for_completion": True, "deferrable": True, "poke_interval": 7}
    for _ in range(2):
        with pytest.raises(BaseException, check=compat.is_deferral) as deferred:
            trigger(**waits)
        [run_id] = deferred.value.trigger.run_ids
        assert (deferred.value.trigger.poll_interval, deferred.value.method_name) == (
            7,
            "execute_complete",
        )
    assert list(airflow.runs) == [("child", run_id)]


def test_it_returns_the_runs_id_after_waiting_too(airflow):
    operator = TriggerDagRunWithXComsOperator(task_id="start", trigger_dag_id="child", xcoms=["a"])
    event = ("trigger", {"run_ids": ["one"], "one": "success"})
    assert operator.execute_complete({}, event) == "one"


def test_each_mapped_task_may_be_given_xcoms_of_its_own(airflow, redis_default, runs_as):
    with DAG("shop", schedule=None) as shop:
        extracted = EmptyOperator(task_id="extract").output
        mapped = TriggerDagRunWithXComsOperator.partial(
            task_id="start", trigger_dag_id="child"
        ).expand(xcoms=[{"orders": extracted}, {"day": ("extract", "day")}])
    assert shop.task_dict["start"].upstream_task_ids == {"extract"}
    context = runs_as(airflow.ti(task=mapped, map_index=1)).get_template_context() | {"dag": shop}
    mapped.render_template_fields(context)
    started = context["ti"].task.execute(context)
    assert read(airflow, runs_as, started) == {"day": "Friday"}


def test_dependencies_follow_from_the_outputs_alone(airflow):
    assert airflow.shop.task_dict["start"].upstream_task_ids == {"extract", "price"}


@pytest.mark.parametrize("dag_id", ["shop", "bücher", "a..b", "x" * 250])
@pytest.mark.parametrize("task_id", ["start", "group.start", "y" * 250])
@pytest.mark.parametrize("map_index", [-1, 1023])
def test_a_run_id_is_one_that_airflow_takes(dag_id, task_id, map_index):
    run_id = child_run_id_of("shop/manual__1/start@x+0", dag_id, task_id, map_index)
    assert ALLOWED.fullmatch(run_id)
    assert ".." not in run_id


def test_a_macro_hands_for_airflows_own_operator(airflow, redis_default, runs_as):
    ti = runs_as(airflow.ti())
    template = "{{ macros.hand(ti, dag_id='child', run_id='one', keys={'orders': 'extract'}) }}"
    operator = TriggerDagRunWithXComsOperator(task_id="start", trigger_dag_id="child", xcoms=["a"])
    handle = operator.render_template(template, {"ti": ti, "macros": macros})
    airflow.runs["child", "one"] = SimpleNamespace(conf={CONF: handle})
    assert read(airflow, runs_as, "one") == {"orders": [1, 2]}
    child = airflow.child("one")
    rendered = operator.render_template(
        "{{ macros.handed_xcoms(ti).orders | length }}", {"ti": child, "macros": macros}
    )
    assert rendered == "2"
