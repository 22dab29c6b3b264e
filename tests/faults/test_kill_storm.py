"""Eight consumers, 5,000 items, a hundred kills: nothing is lost, nothing acked twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from lab.referee import CLOCK_STEP, Record, Referee
from lab.storm import LEASE, QUEUE
from redis_xcom import Queue

ITEMS = 5_000
KILLS = 110
ROOT = Path(__file__).parents[2]


@pytest.fixture
def storm_queue(client):
    """The queue and the ids of what lies in it."""
    queue = Queue(QUEUE, client=client)
    queue.push_many(range(ITEMS))
    lying = client.lrange(f"xcom:{{{QUEUE}}}:ready", 0, -1)
    return queue, {json.loads(raw)["xcom"] for raw in lying}


def rage(server, logs, seed):
    """Run the storm until the queue is empty; return how it went and what consumers were told."""
    command = [sys.executable, "-m", "lab.storm", server.url, logs, seed, ITEMS, KILLS]
    done = subprocess.run(
        [str(word) for word in command], cwd=ROOT, check=True, capture_output=True, text=True
    )
    told = [json.loads(line) for log in logs.iterdir() for line in log.read_text().splitlines()]
    return json.loads(done.stdout), told


def by_item(told, what):
    found = defaultdict(list)
    for event in told:
        if event["what"] == what:
            for item in event["ids"]:
                found[item].append(event)
    return found


def overlaps(claims):
    """Two claims of one item where the second was told before the lease of the first could end."""
    ordered = sorted(claims, key=lambda event: event["generation"])
    return [
        (first, second)
        for first, second in pairwise(ordered)
        if first["claim"] != second["claim"]
        and second["told"] < first["asked"] + LEASE.total_seconds() - CLOCK_STEP
    ]


def check_what_consumers_were_told(told, ids):
    claimed, acked = by_item(told, "claimed"), by_item(told, "acked")
    assert set(claimed) == ids
    assert [item for item, events in acked.items() if len(events) > 1] == []
    for item, (event,) in acked.items():
        assert event["generation"] == max(claim["generation"] for claim in claimed[item])
    for claims in claimed.values():
        assert overlaps(claims) == []
        held = Counter((claim["generation"], claim["consumer"]) for claim in claims)
        assert len({generation for generation, _ in held}) == len(held)


def check_what_the_server_did(referee, ids):
    assert referee.breaches == []
    assert set(referee.holdings) == ids
    for held in referee.holdings.values():
        assert [holding.end for holding in held].count("acked") == 1
        assert held[-1].end == "acked"


def test_consumers_killed_at_random_lose_nothing_and_share_nothing(
    server, storm_queue, tmp_path, seed, figures
):
    queue, ids = storm_queue
    with Record(server.socket) as record:
        went, told = rage(server, tmp_path, seed)
    referee = Referee(f"xcom:{{{QUEUE}}}:".encode()).read(record.lines)
    stats = queue.stats()
    assert (len(ids), stats.pushed, stats.acked, stats.total) == (ITEMS, ITEMS, ITEMS, 0)
    check_what_consumers_were_told(told, ids)
    check_what_the_server_did(referee, ids)
    ends = Counter(holding.end for holding in referee.all())
    refused = sum(event["what"] == "lost" for event in told)
    assert went["killed"] >= 100
    assert went.get("failed", 0) == 0
    assert min(ends["expired"], ends["taken over"], refused) > 0
    figures(
        f"{ITEMS} items, 8 consumers, {went['killed']} killed, {went['frozen']} frozen "
        f"(seed {seed}): 0 lost, 0 acked twice, 0 overlaps in {sum(ends.values())} holdings "
        f"({ends['expired']} expired, {ends['taken over']} taken over), {refused} late acts "
        f"refused, {went.get('superseded', 0)} outdated told so, {went['seconds']:.1f} s"
    )
