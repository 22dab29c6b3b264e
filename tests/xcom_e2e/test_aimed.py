"""Aimed values: only who is named reads them, and encrypted ones lie nowhere in the clear."""

from __future__ import annotations

import hashlib
import json
import sqlite3

import pytest
import redis

from lab.airflow_run import Run
from lab.waiting import wait_until
from redis_xcom.airflow.xcom.reading import value_of

pytestmark = pytest.mark.timeout(300)  # the first one waits for all runs

SECONDS = 120


@pytest.fixture(scope="module")
def run(start):
    return start("aimed")


@pytest.fixture(scope="module")
def open_run(start):
    return start("aimed_openly", encrypt=False)


@pytest.fixture(scope="module")
def ended(run, open_run, example):
    """All runs, at once."""
    open_run.wait(timeout=SECONDS)
    run.wait(timeout=SECONDS)
    return run


@pytest.fixture(scope="module")
def example(start):
    return start("aimed_xcom")


def output(run, task_id):
    """What a task returned, which lies in the store."""
    return value_of(run.output(task_id))


def refusal(reader):
    return f"is aimed at named_*, aimed_elsewhere.named_*: not for {reader}."


def raw_log(run, task_id, **which):
    """Of its last try, with what stands in the lines beside the message, such as errors."""
    task = run.task(task_id, **which)
    of_task = f"/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances/{task_id}"
    query = f"?map_index={task['map_index']}&full_content=true"
    return str(run.airflow.api.get(f"{of_task}/logs/{task['try_number']}{query}"))


def needles(run):
    """What is secret in a run: a text, a key, and a number."""
    drawn = hashlib.sha256(run.run_id.encode()).hexdigest()
    return [drawn[:20], drawn[20:40], str(10**9 + int(drawn[40:47], 16))]


def test_who_is_named_reads_on_every_path(ended):
    paths = output(ended, "named_at_work")
    assert len(paths) >= 16
    assert set(paths.values()) == {"got"}, paths


def test_who_is_not_named_reads_on_none(ended):
    paths = output(ended, "other_at_work")
    told = {
        name: said for name, said in paths.items() if refusal("aimed.other_at_work") not in said
    }
    assert told == {}
    assert all(said.startswith("NotForYou: ") for said in paths.values())
    assert len(paths) == len(output(ended, "named_at_work"))


@pytest.mark.parametrize("path", ["by_template", "by_argument"])
def test_templates_and_arguments_are_for_who_is_named(ended, path):
    assert ended.output("named_rendered") == ["got", "got"]
    assert ended.task(f"other_{path}")["state"] == "failed"
    assert refusal(f"aimed.other_{path}") in raw_log(ended, f"other_{path}")


def test_who_is_not_named_does_not_map_over_it(ended):
    assert ended.outputs("named_mapped") == ["got", "got"]
    for index in (0, 1):
        assert ended.task("other_mapped", map_index=index)["state"] == "failed"
        log = raw_log(ended, "other_mapped", map_index=index)
        assert refusal(f"aimed.other_mapped[{index}]") in log


def test_a_trigger_is_nobody_and_a_resumed_task_is_itself(ended):
    told = output(ended, "named_deferring")
    assert refusal("a process that is no known task") in told["trigger"]
    assert told["resumed"] == "got"


def test_a_callback_reads_as_its_task(ended):
    assert "callback: got" in raw_log(ended, "named_at_work")
    said = raw_log(ended, "other_at_work")
    assert "callback: NotForYou: " in said
    assert "callback: got" not in said


def test_another_dag_is_named_as_well_or_refused(ended, airflow):
    def elsewhere():
        return [
            run["dag_run_id"]
            for run in airflow.api.runs("aimed_elsewhere")
            if run["state"] == "success"
        ]

    (run_id, *_) = wait_until(elsewhere, "the DAG that the sender's asset starts", timeout=SECONDS)
    run = Run(airflow, "aimed_elsewhere", run_id)
    assert output(run, "named_elsewhere") == {"source": "got", "pull": "got"}
    for said in output(run, "other_elsewhere").values():
        assert refusal("aimed_elsewhere.other_elsewhere") in said


@pytest.fixture(scope="module")
def places(ended, airflow, store, server):
    """Where anything of a run may lie, by name, as bytes.

    All but what the components print: the scheduler repeats there, past the masks of the task's
    supervisor, what its tasks log.
    """
    client = redis.Redis(unix_socket_path=str(server.socket))
    client.save()
    keys = client.scan_iter()
    return {
        "rows": b"".join(dumped(airflow.database)),
        "Redis DUMP": b"".join(client.dump(key) or b"" for key in keys),
        **files("Airflow's", airflow.home, but=airflow.logs),
        **files("store's", store),
        **files("Redis'", server.directory),
    }


def files(whose, folder, *, but=None):
    return {
        f"{whose} {path.relative_to(folder)}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and but not in path.parents
    }


def dumped(database):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        yield from (line.encode() for line in connection.iterdump())


def answers(run):
    """All that the REST API says of a run's tasks, their XComs and logs."""
    api = run.airflow.api
    of_run = f"/dags/{run.dag_id}/dagRuns/{run.run_id}"
    for task in api.tasks(run.dag_id, run.run_id):
        yield json.dumps(task)
        yield raw_log(run, task["task_id"], map_index=task["map_index"])
        of_task = f"{of_run}/taskInstances/{task['task_id']}/xcomEntries"
        index = task["map_index"]
        for entry in api.get(f"{of_task}?map_index={index}")["xcom_entries"]:
            for query in (
                "",
                "&deserialize=true",
                "&stringify=true",
                "&deserialize=true&stringify=true",
            ):
                answer = api.get(f"{of_task}/{entry['key']}?map_index={index}{query}")
                yield json.dumps(answer)


def found(needle, texts):
    return [name for name, text in texts.items() if needle.encode() in text]


def test_what_is_sealed_is_found_nowhere(ended, places):
    said = "\n".join(answers(ended))
    for needle in needles(ended):
        assert found(needle, places) == []
        assert needle not in said


def test_what_is_not_sealed_is_found_by_the_same_search(ended, open_run, places):
    said = "\n".join(answers(open_run))
    text, *_ = needles(open_run)
    hits = found(text, places)
    assert {"rows", "Redis DUMP"} <= set(hits)
    assert [hit for hit in hits if hit.startswith("Airflow's airflow.db")]  # or its log ahead
    assert {hit.partition(" ")[0] for hit in hits} == {
        "rows",
        "Redis",
        "Airflow's",
        "store's",
        "Redis'",
    }
    for needle in needles(open_run):
        assert needle in said
        assert "rows" in found(needle, places)


def test_the_argument_of_a_named_task_is_hidden_where_it_was_sealed(ended, open_run):
    fields = [run.task("named_rendered")["rendered_fields"] for run in (ended, open_run)]
    assert "encrypted XCom" in fields[0]["op_args"]
    assert needles(open_run)[0] in str(fields[1])
    masked = "the argument is ['***', ***, "
    assert masked in raw_log(ended, "named_rendered")
    assert masked not in raw_log(open_run, "named_rendered")


def test_the_example_charges_cards_that_nobody_else_sees(example):
    assert example.wait(timeout=SECONDS) == "success"
    assert "62.49 euros charged" in raw_log(example, "report")
    row = json.dumps(example.output("take_orders"))
    assert '"to": ["charge", "fraud.check_*"]' in row
    assert "4111" not in row
    assert "4111" not in str(example.task("charge")["rendered_fields"])
