"""What a producer pushed is what a consumer gets: no byte of a payload is parsed or rewritten."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redis_xcom import Queue
from redis_xcom.testing import fake_client

READY = "xcom:{orders}:ready"

numbers = st.integers(-(10**40), 10**40) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text('ab"\\,:{}é\n'), inner),
    max_leaves=15,
)
blanks = st.text(" \t\n\r", max_size=3)
texts = st.builds(
    lambda value, escaped, gap, before, after: (
        before + json.dumps(value, ensure_ascii=escaped, separators=("," + gap, ":" + gap)) + after
    ),
    values,
    st.booleans(),
    blanks,
    blanks,
    blanks,
)
relaxed = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(params=["real", "fake"])
def database(request):
    return request.getfixturevalue("client") if request.param == "real" else fake_client()


@relaxed
@given(text=texts)
def test_a_strangers_json_keeps_its_bytes_through_everything(database, text):
    database.flushall()
    queue, raw = Queue("orders", client=database), text.encode()
    database.rpush(READY, raw)
    queue.claim().release(reason="oops")
    queue.claim().release(delay=timedelta(milliseconds=1))
    database.zadd("xcom:{orders}:delayed", {database.zrange("xcom:{orders}:delayed", 0, 0)[0]: 1})
    claim = queue.claim()
    assert same(claim.payloads, [json.loads(text)])
    claim.reject(reason="no")
    assert queue.dead()[0].raw.endswith(b'"payload":' + raw + b"}")
    queue.redrive()
    assert database.lrange(READY, 0, -1)[0].endswith(b',"payload":' + raw + b"}")
    with queue.claim() as claim:
        assert same(claim.payloads, [json.loads(text)])
    assert queue.stats().total == 0


@relaxed
@given(rows=st.lists(values, max_size=6))
def test_payloads_come_back_equal_and_in_order(database, rows):
    database.flushall()
    queue = Queue("orders", client=database)
    queue.push_many(rows)
    with queue.claim(10) as claim:
        assert same(claim.payloads, rows)


@relaxed
@given(junk=st.lists(st.binary(max_size=30), max_size=6))
def test_arbitrary_bytes_are_an_item_or_a_dead_letter_and_nothing_else(database, junk):
    database.flushall()
    queue = Queue("orders", client=database)
    for raw in junk:
        database.rpush(READY, raw)
    database.rpush(READY, '"neighbour"')
    with queue.claim(10) as claim:
        assert claim.payloads[-1] == "neighbour"
        assert len(claim) + queue.stats().dead == len(junk) + 1
    assert all(letter.reason for letter in queue.dead())
    assert queue.redrive() == queue.stats().redriven


def same(one, other):
    """Equal, and of equal types: 1 is not 1.0 here, nor True."""
    return json.dumps(one) == json.dumps(other)
