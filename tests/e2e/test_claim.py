"""Claiming on a real Airflow: the item's fate is its task's fate."""

from __future__ import annotations

import psutil
import pytest

ORDERS = [{"order": number} for number in range(5)]


@pytest.fixture
def orders(bench):
    bench.queue.push_many(ORDERS)
    return bench


def test_json_that_redis_cli_pushes_is_claimed(bench):
    bench.client.execute_command("RPUSH", bench.queue.keys.part("ready"), '{"order": 1}', "[2]")
    run = bench.start("claim_and_process", limit=10)
    assert run.wait() == "success"
    assert run.outputs("process") == [{"order": 1}, [2]]
    assert bench.queue.stats().total == 0


def test_a_claim_takes_no_more_than_its_limit(orders):
    run = orders.run("claim_and_process", limit=2)
    assert run.output("claim") == ORDERS[:2]
    assert orders.queue.stats().ready == 3


def test_a_claiming_task_waits_for_the_first_item(bench):
    run = bench.start("claim_and_process", limit=10)
    bench.queue.push("late")
    assert run.wait() == "success"
    assert run.output("claim") == ["late"]


def test_the_retry_of_a_killed_claim_gets_the_very_same_items(orders):
    run = orders.start("claim_killed")
    assert run.wait() == "success"
    assert run.task("claim")["try_number"] == 2
    assert run.output("claim") == ORDERS
    assert "from an earlier try" in run.log("claim", attempt=2)
    assert orders.queue.stats().acked == len(ORDERS)
    assert orders.queue.stats().total == 0


def test_a_claim_that_is_cleared_while_it_runs_passes_its_items_on(orders, tmp_path, eventually):
    """Its process may well believe to have succeeded: the server knows better."""
    run = orders.start("claim_cleared", gate=str(tmp_path / "gate"))
    eventually((tmp_path / "gate.here").exists, "the claim to be made")
    run.clear("claim")
    (tmp_path / "gate.open").touch()
    assert run.wait() == "success"
    assert run.task("claim")["try_number"] == 2
    assert run.output("claim") == ORDERS
    assert orders.queue.stats().total == 0


def test_a_task_that_outlives_its_supervisor_cannot_touch_what_its_retry_has(
    orders, tmp_path, eventually
):
    """Airflow leaves the old process running while the retry runs: only fencing parts them."""
    run = orders.start("claim_orphaned", gate=str(tmp_path / "gate"))
    pid = int(eventually(lambda: written(tmp_path / "gate.here"), "the claim to be made"))
    orphan = psutil.Process(pid)
    orphan.parent().kill()
    assert run.wait() == "success"
    assert run.task("claim")["try_number"] == 2
    assert run.output("claim") == ORDERS
    assert orphan.is_running()
    (tmp_path / "gate.open").touch()
    eventually(lambda: not orphan.is_running(), "the old process to end")
    stats = orders.queue.stats()
    assert (stats.acked, stats.released, stats.total) == (len(ORDERS), 0, 0)


def written(file):
    return file.exists() and file.read_text()


def test_while_a_claim_waits_for_its_retry_nobody_else_gets_its_items(orders):
    run = orders.run("claim_retried")
    assert "Kept for the next try" in run.log("claim", attempt=1)
    assert "Acknowledged" in run.log("claim", attempt=2)
    assert run.output("claim") == ORDERS
    assert orders.queue.stats().released == 0


def test_a_claim_that_fails_for_good_gives_its_items_back(orders):
    run = orders.start("claim_fails")
    assert run.wait() == "failed"
    waiting = orders.queue.peek()
    assert [item.payload for item in waiting] == ORDERS
    assert {item.failures for item in waiting} == {1}


def test_each_slot_claims_for_itself(bench):
    numbers = list(range(25))
    bench.queue.push_many(numbers)
    run = bench.start("slots")
    assert run.wait() == "success"
    assert run.task("claim", map_index=0)["queue"] == "default"
    claimed = run.outputs("claim")
    assert sorted(len(slot) for slot in claimed) == [5, 10, 10]
    assert sorted(number for slot in claimed for number in slot) == numbers
    assert bench.queue.stats().total == 0


def test_what_the_other_slots_claimed_is_processed_when_one_fails_for_good(bench):
    bench.queue.push_many(range(10))
    run = bench.start("slots_but_one")
    assert run.wait() == "success"
    assert run.task("claim", map_index=0)["state"] == "failed"
    processed = run.outputs("process")
    assert processed == [run.output("claim", map_index=1)]
    assert {item.payload for item in bench.queue.peek()} == {*range(10)} - {*processed[0]}


def test_an_empty_queue_skips_fails_or_returns_nothing(bench):
    run = bench.run("on_empty")
    states = {choice: run.task(choice)["state"] for choice in ("skip", "fail", "return")}
    assert states == {"skip": "skipped", "fail": "failed", "return": "success"}
    assert run.output("return") == []


def test_acked_on_claim_the_items_are_gone_whatever_comes(orders):
    run = orders.start("claim_fails_after_ack")
    assert run.wait() == "failed"
    assert orders.queue.stats().total == 0


def test_a_claim_by_hand_is_settled_by_whoever_has_its_id(orders):
    run = orders.run("claim_by_hand")
    told = run.output("claim", key="claim")
    assert orders.queue.stats().claimed == told["items"] == len(ORDERS)
    claim = orders.queue.claim(claim_id=told["claim_id"], incarnation=told["incarnation"])
    assert (claim.payloads, claim.generation) == (ORDERS, told["generation"])
    claim.ack()
    assert orders.queue.stats().total == 0


def test_who_holds_what_can_be_read_with_redis_cli(orders):
    run = orders.run("claim_by_hand")
    record = orders.client.hgetall(orders.queue.keys.part("claims"))
    [(claim_id, told)] = record.items()
    assert claim_id.decode().startswith(f"claim_by_hand/{run.run_id}//claim")
    assert f"claim_by_hand.claim {run.run_id} " in told.decode()
