"""Faults below the queue, a moment of each; `make chaos-below` runs them for minutes."""

from __future__ import annotations

import os
import shutil
import time

import pytest

from lab.below import cluster as clusters
from lab.below.account import Account
from lab.below.cluster import Cluster
from lab.below.disk import COMPILER, Disk
from lab.below.failover import CONFIRMED, HEAD, NOTES, WAYS, Failovers
from lab.below.figures import Findings
from lab.below.migration import Migrations
from lab.below.power import CUTS, PowerCuts, rewrite


@pytest.fixture
def binary(request):
    return request.config.getoption("--server")


@pytest.fixture
def outcome(binary, seed):
    return Findings("failover", "Of one test", binary, seed, HEAD, NOTES)


def told(row):
    return ", ".join(map(str, row))


def test_nothing_confirmed_by_the_replica_is_lost_when_the_primary_dies(
    binary, seed, outcome, figures
):
    Failovers(WAYS["cut off"], binary, CONFIRMED, seed, answers=300).judge(outcome)
    assert outcome.violations == []
    figures(told(outcome.rows[0]))


def test_without_confirmation_the_same_failover_loses_pushes(binary, seed, outcome, figures):
    """Else the one above would prove nothing."""
    load = Failovers(WAYS["cut off"], binary, None, seed, answers=300).run()
    verdict = load.account.verdict()
    assert verdict.lost
    assert verdict.unfenced == []
    figures(f"{len(verdict.lost)} of {len(load.account.pushed)} pushes lost, seed {seed}")


def test_sentinel_leads_the_clients_to_the_new_primary(binary, seed, outcome, figures):
    Failovers(WAYS["frozen"], binary, CONFIRMED, seed, answers=300).judge(outcome)
    assert outcome.violations == []
    figures(told(outcome.rows[0]))


@pytest.mark.parametrize(("policy", "torn"), CUTS)
def test_a_power_cut_takes_what_was_not_synced(binary, seed, outcome, figures, needs, policy, torn):
    needs(shutil.which(COMPILER), "a C compiler")
    PowerCuts(policy, binary, seed, rounds=2, answers=300, torn=torn).judge(outcome)
    assert outcome.violations == []
    figures(told(outcome.rows[0]))


def test_a_torn_transaction_is_gone_for_good_once_the_file_is_rewritten(make_server):
    """Redis 7.0.15 would carry its beginning out at the restart after next."""
    server = make_server(settings={"appendfsync": "always"})
    with server.client() as client:
        client.eval("redis.call('SET', 'torn', 1) redis.call('SET', 'whole', 1)", 0)
    server.kill()
    (path,) = server.directory.glob("**/*.incr.aof")
    os.truncate(path, path.read_bytes().rindex(b"EXEC"))
    server.start()
    with server.client() as client:
        rewrite(client)
        client.set("after", 1)
    server.kill()
    server.start()
    with server.client() as client:
        assert client.keys() == [b"after"]


def test_a_disk_that_lies_about_its_syncs_is_noticed(binary, seed, outcome, needs, monkeypatch):
    """It keeps half of what it said was safe: the account finds the loss."""
    needs(shutil.which(COMPILER), "a C compiler")
    synced = Disk._synced

    def half(disk):
        return {inode: size // 2 for inode, size in synced(disk).items()}

    monkeypatch.setattr(Disk, "_synced", half)
    PowerCuts("always", binary, seed, answers=300).judge(outcome)
    assert any(" lost: [" in line for line in outcome.violations)


def test_a_slot_moves_and_no_client_is_told_an_error(binary, seed, outcome, figures, monkeypatch):
    """For longer than redis-py's cluster client puts up with."""
    monkeypatch.setattr(clusters, "LONGEST_PAUSE", 0.3)
    with Cluster(server=binary) as cluster:
        ways = {"key by key": Cluster.move_key_by_key}
        if cluster.can_move_at_once():
            ways["at once"] = Cluster.move_at_once
        for way, move in ways.items():
            migrations = Migrations(way, move, binary, seed, queues=1, answers=100, waiting=200)
            migrations.judge(outcome, cluster)
    assert outcome.violations == []
    figures("; ".join(map(told, outcome.rows)))


class Claim:
    def __init__(self, generation, *numbers):
        self.generation = generation
        self.items = [type("Item", (), {"payload": number}) for number in numbers]


@pytest.fixture
def account():
    """Three items, pushed, claimed and acked as it should be."""
    made = Account()
    for number in range(3):
        made.has_pushed(number)
    made.claimed(Claim(1, 0, 1), asked=0.0)
    made.has_acked([0, 1], 1)
    made.claimed(Claim(2, 2), asked=0.0)
    made.has_acked([2], 2)
    return made


def later():
    return time.monotonic()


def test_an_account_that_adds_up_has_nothing_to_tell(account):
    assert account.verdict().total == 0


def test_a_push_that_was_lost_is_noticed(account):
    account.has_pushed(7)
    assert account.verdict().lost == [7]


def test_an_ack_that_was_forgotten_is_noticed(account):
    account.claimed(Claim(3, 1), asked=later())
    assert account.verdict().again == [1]


def test_an_item_that_was_doubled_is_noticed(account):
    account.claimed(Claim(3, 1), asked=later())
    account.has_acked([1], 3)
    assert account.verdict().twice == [1]


def test_a_generation_that_does_not_grow_is_noticed(account):
    account.claimed(Claim(1, 2), asked=later())
    assert account.verdict().unfenced == [2]


def test_findings_tell_all_that_is_needed_to_repeat_them(outcome, seed):
    outcome.rows.append([7] * len(HEAD))
    outcome.violations.append("something")
    figures = outcome.figures()
    assert (figures.seed, figures.violations) == (seed, 1)
    assert f"SEED={seed}" in figures.command
    assert figures.summary == "7 pushes"
    assert outcome.told().endswith("1 violations\nsomething")
