"""`@task.drain` batch by batch."""

from __future__ import annotations

import pytest

from redis_xcom import Queue
from redis_xcom.errors import BadArgument
from redis_xcom.operators import FailedItems
from tests.operators.working import draining, noting, payloads

pytestmark = pytest.mark.usefixtures("logs")


def test_batch_by_batch_the_function_gets_lists(orders, run):
    seen = []
    told = run(noting(seen), by="batch", batch=4)
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert told["done"] == 10


def test_a_batch_that_raises_goes_back_whole_and_the_others_go_on(orders, run):
    def work(numbers):
        if 5 in numbers:
            raise ValueError("a bad one")

    told = run(work, by="batch", batch=4)
    assert (told["done"], told["failed"]) == (6, 4)
    assert (orders.stats().acked, orders.stats().delayed) == (6, 4)


def test_the_function_may_name_what_has_failed_of_a_batch(orders, run):
    def work(numbers):
        raise FailedItems({1: "bad address", 3: "no stock"}, results=[n * 10 for n in numbers[:1]])

    told = run(work, by="batch", batch=5, on_error="reject", forward_to="results")
    assert (told["done"], told["failed"], told["rejected"]) == (6, 4, 4)
    assert [(d.item.payload, d.reason) for d in orders.dead(4)] == [
        (1, "bad address"),
        (3, "no stock"),
        (6, "bad address"),
        (8, "no stock"),
    ]
    assert payloads(Queue("results", client=orders._client)) == [0, 50]


def test_places_alone_will_do(orders, run):
    def work(numbers):
        raise FailedItems([0, 9])

    assert run(work, by="batch")["failed"] == 2
    assert (orders.stats().acked, orders.stats().delayed) == (8, 2)


def test_a_place_that_is_none_fails_the_batch(orders, run):
    def work(numbers):
        raise FailedItems([10])

    with pytest.raises(RuntimeError, match="10 of 10"):
        run(work, by="batch")
    assert (orders.stats().acked, orders.stats().delayed) == (0, 10)


def test_a_batch_has_no_single_item():
    with pytest.raises(BadArgument, match="with by='batch' there is none"):
        draining(lambda orders, item: None, decorated={"by": "batch"})


def test_a_result_that_json_cannot_hold_takes_its_batch_back_and_no_other_result_goes(orders, run):
    told = run(
        lambda numbers: [1, 2, {3}], by="batch", batch=10, forward_to="results", fail="never"
    )
    assert (told["done"], told["failed"], told["forwarded"]) == (0, 10, 0)
    assert payloads(Queue("results", client=orders._client)) == []
    assert orders.stats().delayed == 10
