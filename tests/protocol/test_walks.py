"""The scripts do what the model does, step by step, and a model that does otherwise is noticed."""

from __future__ import annotations

import pytest

from lab.protocol.cases import DRAINS, RETRY, TRIES
from lab.protocol.replay import Drift, Replay
from lab.protocol.walks import retrace, walk


def test_the_scripts_follow_the_model(client, seed):
    done = retrace(client, seed)
    assert done.total() > 500
    assert {answer.rpartition("→ ")[2] for answer in done} == {
        "done",
        "nothing is ready",
        "superseded",
        "lost",
    }
    client.flushall()


@pytest.mark.parametrize(
    ("rule", "scene"),
    [
        ("NO_GENERATION", TRIES),
        ("NO_BUMP", TRIES),
        ("LATE_FENCE", TRIES),
        ("NO_AFTER", DRAINS),
        ("NO_PAST", DRAINS),
        ("NO_RENEWAL", RETRY),
    ],
)
def test_a_model_without_one_of_the_rules_is_not_the_scripts(client, seed, rule, scene):
    with pytest.raises(Drift):
        for more in range(12):
            client.flushall()
            Replay(client).follow(walk(seed + more, {"SCENE": scene, "REDRIVES": 1, rule: None}))
    client.flushall()


def test_a_walk_is_the_same_for_the_same_seed(seed):
    one, other = (walk(seed, {"SCENE": RETRY}, steps=5000) for _ in range(2))
    assert one == other
    assert one != walk(seed + 1, {"SCENE": RETRY}, steps=5000)
    assert len(one) > 10
