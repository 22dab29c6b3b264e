"""``@task.exclusive`` at work: what it is given is claimed before its function runs."""

from __future__ import annotations

import pytest
from airflow.sdk import DAG, task
from airflow.sdk.execution_time.task_runner import _serialize_rendered_fields

from redis_xcom.airflow import compat, listener
from redis_xcom.airflow.ending import TaskEnded
from redis_xcom.errors import AlreadyClaimed, BadArgument, XComMissing
from redis_xcom.operators.decorators.exclusive import exclusive_task

CARD = {"number": "4111"}
AirflowSkipException = compat._error("AirflowSkipException")


@task
def issue(): ...


@task(multiple_outputs=True)
def several(): ...


@exclusive_task
def use(card, till=1, *, run_id, note=()):
    return card, till, run_id, note


@pytest.fixture
def cards():
    with DAG("cards", schedule=None) as dag:
        yield dag


@pytest.fixture
def run(airflow):
    """`run(made)`: what the task's function returns; the task is rendered first, as by Airflow."""
    airflow.push(CARD)

    def run(made, number=1):
        made = made.operator
        ti = airflow.ti(made.task_id, number)
        airflow.states[ti.path] = "running"
        ti.task = made
        context = {"ti": ti, "run_id": "manual__1"}
        made.render_template_fields(context)
        return made.execute(context)

    return run


def test_an_output_is_claimed_and_given_to_the_function(cards, run):
    given = use(issue(), till="till {{ run_id }}", note=["{{ run_id }}"])
    assert run(given) == (CARD, "till manual__1", "manual__1", ["manual__1"])
    assert given.operator.upstream_task_ids == {"issue"}


@pytest.mark.parametrize("on_claimed", ["fail", "skip", "retry"])
def test_where_another_task_has_it_the_function_does_not_run(cards, run, on_claimed):
    ends = {"skip": AirflowSkipException, "retry": AlreadyClaimed}
    issued, ran = issue(), []

    @exclusive_task(on_claimed=on_claimed)
    def refund(card):
        ran.append(card)

    run(use(issued))
    with pytest.raises(Exception, match=r"is not for cards/manual__1/refund: held") as end:
        run(refund(issued))
    assert ran == []
    expected = ends.get(on_claimed)
    assert type(end.value) is expected if expected else compat.is_final(end.value)


def test_its_retry_has_it_again(cards, run):
    given = use(issue())
    assert run(given, 1)[0] == CARD
    with DAG("cards", schedule=None):
        assert run(use(issue()), 2)[0] == CARD


def test_outputs_inside_lists_and_dicts_are_claimed_each_once(cards, run, airflow, client):
    airflow.push("p", key="pin")
    issued = issue()
    given = use([issued, {"pin": issued["pin"], "same": issued}], till=(issued["pin"], 3))
    assert run(given)[:2] == ([CARD, {"pin": "p", "same": CARD}], ("p", 3))
    assert len(client.keys("xcom-values:*:claims")) == 2


def test_who_is_refused_one_of_several_gives_the_others_back_as_it_fails(cards, run, airflow):
    airflow.push("p", key="pin")
    issued = issue()
    run(use(issued))

    @exclusive_task
    def both(pin, card): ...

    with pytest.raises(compat._error("AirflowFailException")) as refusal:
        run(both(issued["pin"], issued), 2)
    ti = airflow.ti("both", 2)
    ti.state = "failed"
    listener.on_task_instance_failed(ti, refusal.value)

    @exclusive_task
    def other(pin):
        return pin

    assert run(other(issued["pin"])) == "p"


def test_rendered_fields_name_what_they_do_not_show(cards, run):
    given = use(issue(), till=5, note="for {{ run_id }}")
    run(given)
    shown = _serialize_rendered_fields(given.operator)
    stand_in = "(XCom 'return_value' of cards.issue, claimed when it runs)"
    assert stand_in in str(shown["op_args"])
    assert "for manual__1" in str(shown["op_kwargs"])
    assert "4111" not in str(shown)


def test_what_is_not_there_fails_the_task(cards, run):
    with pytest.raises(XComMissing, match="'pin'"):
        run(use(issue()["pin"]))


def test_a_mapped_task_that_gets_it_by_partial_claims_it(cards, run, airflow):
    airflow.push(CARD)
    mapped = use.partial(card=issue()).expand(till=[1, 2]).operator
    told = []
    for index in (0, 1):
        ti = airflow.ti("use", map_index=index)
        airflow.states[ti.path] = "running"
        made = mapped.unmap({"op_kwargs": {"till": index}})
        ti.task = made
        context = {"ti": ti, "run_id": "manual__1"}
        made._do_render_template_fields(
            made, made.template_fields, context, made.get_template_env(), set()
        )
        told.append(outcome(made, context))
    assert told == [(CARD, 0), "cards/manual__1/use/0"]


def outcome(made, context):
    try:
        return made.execute(context)[:2]
    except compat._error("AirflowFailException") as error:
        return error.__cause__.holder


def test_it_is_not_mapped_over_what_it_is_to_claim(cards):
    with pytest.raises(BadArgument, match="cannot be mapped over another task's output"):
        use.expand(card=issue())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (lambda: [issue.partial().expand_kwargs([{}])], r"task issue is mapped"),
        (lambda: [issue().map(str)], "made of XComs by map, zip or concat"),
        (lambda: [[issue().zip(issue())]], "made of XComs by map, zip or concat"),
        (lambda: ["{{ ti.xcom_pull('issue') }}"], "given no output of another task"),
        (list, "given no output of another task"),
    ],
    ids=["mapped", "map", "zip", "template", "nothing"],
)
def test_what_cannot_be_claimed_is_refused_when_the_dag_is_parsed(cards, arguments, words):
    with pytest.raises(BadArgument, match=words):
        use(*arguments())


def test_other_things_that_cannot_be_meant_are_refused(cards):
    with pytest.raises(BadArgument, match="on_claimed is 'wait'"):
        use.override(on_claimed="wait")(issue())
    with pytest.raises(BadArgument, match="must be a plain function"):

        @exclusive_task
        async def later(card): ...


def test_queue_chooses_workers_as_for_any_task(cards):
    @task.exclusive(queue="tills", retries=3)
    def sell(card): ...

    assert (sell(issue()).operator.queue, sell(several()["a"]).operator.retries) == ("tills", 3)


def test_when_airflow_ends_the_task_its_work_ends(cards):
    made = use(issue()).operator
    with pytest.raises(TaskEnded):
        made.on_kill()
    made.on_kill()
