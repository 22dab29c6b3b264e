"""What ends by itself is waited for: a slot on its way, a primary being replaced."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis
from redis import exceptions
from redis.sentinel import Sentinel

from redis_xcom import Queue, ServerError, ServerUnavailable
from redis_xcom import retry as retries

PASSING = [
    exceptions.TryAgainError("Multiple keys request during rehashing of slot"),
    exceptions.ClusterDownError("Hash slot not served"),
    exceptions.SlotNotCoveredError("Slot 7 not covered by the cluster."),
    exceptions.ClusterError("TTL exhausted."),
    exceptions.MasterDownError("Link with MASTER is down and replica-serve-stale-data is 'no'."),
    exceptions.ResponseError("NOREPLICAS Not enough good replicas to write."),
    exceptions.ResponseError("UNBLOCKED force unblock from blocking operation"),
]


@pytest.fixture
def failing(either_client, monkeypatch):
    """`failing(error, times)`: the client's next calls fail so often."""
    execute, left = either_client.execute_command, []

    def execute_command(*command, **how):
        if left:
            raise left.pop()
        return execute(*command, **how)

    monkeypatch.setattr(either_client, "execute_command", execute_command)
    monkeypatch.setattr(retries, "LONGEST_PAUSE", 0.001)
    yield lambda error, times: left.extend([error] * times)
    left.clear()


@pytest.mark.parametrize("error", PASSING, ids=lambda error: str(error)[:12])
def test_what_passes_is_waited_for(queue, failing, error):
    failing(error, 12)
    queue.push(1)
    failing(error, 12)
    assert queue.claim().payloads == [1]
    failing(error, 3)
    assert queue.wait(timedelta(milliseconds=1)) is False
    queue.claim(claim_id="other")
    failing(error, 12)
    assert queue.stats().claimed == 1
    queue.purge()


@pytest.mark.parametrize("error", PASSING, ids=lambda error: str(error)[:12])
def test_in_the_end_it_is_told_that_the_server_is_not_there(queue, failing, monkeypatch, error):
    monkeypatch.setattr(retries, "PATIENT_TRIES", 2)
    failing(error, 99)
    with pytest.raises(ServerUnavailable, match=r"'orders'.*does no harm") as raised:
        queue.push(1)
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", ["READONLY You can't write", "NOPERM no", "MISCONF disk"])
def test_what_does_not_pass_is_told_at_once(queue, failing, error):
    failing(exceptions.ResponseError(error), 1)
    with pytest.raises(ServerError, match=error[:5]):
        queue.push(1)
    assert queue.stats().ready == 0


@pytest.fixture
def followed(monkeypatch):
    """A client that asks Sentinel for the primary, which is named differently each time."""
    monkeypatch.setattr(retries, "LONGEST_PAUSE", 0.001)
    sentinel, named = Sentinel([]), []

    def discover_master(_):
        named.append(1)
        raise redis.ConnectionError(f"No master found, asked {len(named)} times")

    monkeypatch.setattr(sentinel, "discover_master", discover_master)
    return sentinel.master_for("shop"), named


def test_a_client_that_follows_sentinel_asks_for_the_primary_each_time(followed, monkeypatch):
    """Its own retries go on knocking where the primary was when the call began."""
    client, named = followed
    monkeypatch.setattr(retries, "PATIENT_TRIES", 5)
    queue = Queue("orders", client=client)
    for act in (queue.claim, queue.stats, queue.peek, lambda: list(queue.drain())):
        named.clear()
        with pytest.raises(ServerUnavailable, match="No master found"):
            act()
        assert len(named) > 5


def test_a_login_that_sentinels_primary_refuses_is_told_at_once(followed, monkeypatch):
    client, named = followed

    def discover_master(_):
        named.append(1)
        raise redis.AuthenticationError("WRONGPASS")

    monkeypatch.setattr(client.connection_pool.sentinel_manager, "discover_master", discover_master)
    with pytest.raises(ServerError, match="refused the login"):
        Queue("orders", client=client).push(1)
    assert len(named) == 1
