"""The account balances for honest work, and names every planted fault."""

from __future__ import annotations

import pytest

from lab.airstorm.account import BASE, RESULTS_BASE, Account
from lab.airstorm.database import Task
from lab.airstorm.sink import Effect
from lab.history.book import Delivery, End, Life
from lab.history.journey import Place
from lab.history.judge import Judge

CLAIM = "storm_claim/run-1/claim/0"
HANDLE = "storm_handle/run-2/claim/0"
DRAIN = "storm_drain/run-3/drain/0"


def honest():
    """Three items: acked by a claim that worked inside, by one that handed on, by a drain."""
    judge = Judge()
    for number, claim_id in enumerate((CLAIM, HANDLE, DRAIN)):
        name = b"%d" % number
        judge.book.pushed[BASE, name] = b"id-%d" % number
        judge.book.deliveries[BASE, 10 + number] = Delivery(claim_id, [b"id-%d" % number])
        judge.book.ends[b"id-%d" % number] = End("acked", claim_id, 10 + number, name)
    judge.book.results[RESULTS_BASE, b"2"] = 1
    return Account(
        items=3,
        judge=judge,
        tasks=[
            Task(CLAIM, "storm_claim", "claim", "success", last_try=False),
            Task(HANDLE, "storm_handle", "claim", "success", last_try=False),
        ],
        outputs={CLAIM: [0], HANDLE: [1]},
        effects={"id-0": Effect(10, CLAIM), "id-2": Effect(12, DRAIN)},
        handled={(1, "storm_handle/run-2")},
        meant_to_fail=set(),
    )


def lose(account):
    del account.book.ends[b"id-0"]


def ack_twice(account):
    account.book.ends[b"id-9"] = End("acked", DRAIN, 19, b"0")


def forget_a_push(account):
    del account.book.pushed[BASE, b"2"]


def push_another(account):
    account.book.pushed[BASE, b"7"] = b"id-7"


def break_a_rule(account):
    account.book.check(None, "planted")


def let_an_outdated_effect_stand(account):
    account.effects["id-0"] = Effect(9, CLAIM)


def let_a_newer_effect_stand(account):
    account.effects["id-2"] = Effect(14, CLAIM)


def fail_the_task(account):
    account.tasks[0] = Task(CLAIM, "storm_claim", "claim", "failed", last_try=False)


def return_something_else(account):
    account.outputs[CLAIM] = [2]


def leave_a_task_running(account):
    account.tasks[1] = Task(HANDLE, "storm_handle", "claim", "running", last_try=False)


def handle_nothing(account):
    account.handled.clear()


def forward_nothing(account):
    account.book.results.clear()


def forward_twice(account):
    account.book.results[RESULTS_BASE, b"2"] = 2


def forward_from_a_claim(account):
    account.book.results[RESULTS_BASE, b"0"] = 1


FAULTS = {
    lose: "number 0 is lost",
    ack_twice: "number 0 was acked twice",
    forget_a_push: "number 2 was never to be pushed, or never was",
    push_another: "number 7 was never to be pushed, or never was",
    break_a_rule: "planted",
    let_an_outdated_effect_stand: "had no effect",
    let_a_newer_effect_stand: "the sink has Effect(generation=14",
    fail_the_task: "whose task is failed",
    return_something_else: "has not returned it",
    leave_a_task_running: "is running, and nothing has made it so",
    handle_nothing: "nobody handled it",
    forward_nothing: "not forwarded once: [b'2']",
    forward_twice: "not forwarded once: [b'2']",
    forward_from_a_claim: "not forwarded once: [b'0']",
}


def test_honest_work_balances():
    account = honest()
    assert account.faults() == []
    assert (account.redeliveries, account.came_again) == (0, [])


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_named(plant):
    account = honest()
    plant(account)
    assert any(FAULTS[plant] in fault for fault in account.faults())


def test_dead_items_are_accounted_for():
    account = honest()
    lose(account)
    account.book.lives[b"id-0"] = Life(b"0", 0)
    account.judge.journeys.where[b"id-0"] = (Place(BASE, "dead", b"id-0"),)
    assert account.faults() == []
    assert (account.dead, account.lost) == ({b"0"}, set())


def test_what_another_acked_after_a_success_came_again():
    account = honest()
    account.book.ends[b"id-0"] = End("acked", DRAIN, 15, b"0")
    account.effects["id-0"] = Effect(15, DRAIN)
    account.book.results[RESULTS_BASE, b"0"] = 1
    assert account.faults() == [f"number 0 of {CLAIM} was acked by {DRAIN}"]


def test_a_failed_task_has_a_reason():
    account = honest()
    fail_the_task(account)
    assert f"{CLAIM} is failed, and nothing has made it so" in account.faults()
    account.meant_to_fail.add(CLAIM)
    assert f"{CLAIM} is failed, and nothing has made it so" not in account.faults()
