"""Where a value goes is said by the configuration, by task, and by the task itself."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from redis_xcom.airflow.xcom.settings import Settings, configured_stores, settings_of
from redis_xcom.errors import BadArgument

BAD = [
    ("store", "/data/xcoms", "give a url"),
    ("threshold", "-1", "give bytes"),
    ("threshold", "64k", "give bytes"),
    ("compression", "snappy", "it takes nothing, zstd, gzip"),
    ("ttl", "-5", "give seconds"),
    ("ttl", "a week", "give seconds"),
    ("ttl", "nan", "give seconds"),
    ("ttl", "inf", "give seconds"),
    ("encrypt", "yes", "it takes none, aimed, all"),
]


def test_nothing_is_kept_elsewhere_unless_a_store_is_named(configured):
    configured()
    assert settings_of("shop", "load", {}) == Settings()
    assert not settings_of("shop", "load", {}).offloads(10**9)
    assert configured_stores() == []


def test_the_configuration_says_what_goes_where(configured):
    configured(
        store="s3://b/x", threshold=10, compression="zstd", ttl=60.5, encrypt="aimed", overrides=""
    )
    assert settings_of("shop", "load", {}) == Settings(
        "s3://b/x", 10, "zstd", timedelta(seconds=60.5), "aimed"
    )


def test_a_value_as_large_as_the_threshold_goes_to_the_store(configured):
    configured(store="file:///x", threshold=10)
    said = settings_of("shop", "load", {})
    assert [said.offloads(size) for size in (9, 10, 11)] == [False, True, True]


@pytest.mark.parametrize(
    ("encrypt", "sealed"),
    [("none", (False, False)), ("aimed", (False, True)), ("all", (True, True))],
)
def test_what_is_encrypted(configured, encrypt, sealed):
    configured(encrypt=encrypt)
    said = settings_of("shop", "load", {})
    assert (said.seals(aimed=False), said.seals(aimed=True)) == sealed


def test_tasks_may_have_settings_of_their_own_the_later_ones_on_top(configured):
    overrides = {
        "reports.*": {"threshold": 0, "ttl": 60},
        "*.big_*": {"store": "redis://redis_default@big", "ttl": 0},
    }
    configured(store="file:///x", overrides=json.dumps(overrides))
    minute, never = timedelta(minutes=1), timedelta(0)
    assert settings_of("shop", "load", {}) == Settings("file:///x")
    assert settings_of("reports", "load", {}) == Settings("file:///x", 0, ttl=minute)
    assert settings_of("reports", "big_one", {}) == Settings(
        "redis://redis_default@big", 0, ttl=never
    )
    assert configured_stores() == ["file:///x", "redis://redis_default@big"]


def test_what_a_task_says_of_a_value_counts_most(configured):
    configured(store="file:///x", overrides='{"*": {"threshold": 5, "encrypt": "all"}}')
    said = settings_of("shop", "load", {"threshold": 0, "encrypt": False, "ttl": timedelta(days=1)})
    assert said == Settings("file:///x", 0, "", timedelta(days=1), "none")


@pytest.mark.parametrize(("name", "value", "remedy"), BAD)
def test_what_cannot_be_meant_is_named_with_its_remedy(configured, name, value, remedy):
    configured(**{name: value})
    with pytest.raises(BadArgument, match=rf"\[redis_xcom\] xcom_{name} is .*{remedy}"):
        settings_of("shop", "load", {})


@pytest.mark.parametrize(("name", "value", "remedy"), BAD)
def test_so_is_a_wish_of_a_task(configured, name, value, remedy):
    configured()
    with pytest.raises(BadArgument, match=rf"keep\(\) {name} is .*{remedy}"):
        settings_of("shop", "load", {name: value})


@pytest.mark.parametrize("given", ["{", "[]", '{"a": 1}', '"x"', "7"])
def test_overrides_that_are_no_overrides_are_told(configured, given):
    configured(overrides=given)
    with pytest.raises(BadArgument, match=r"\[redis_xcom\] xcom_overrides"):
        settings_of("shop", "load", {})


def test_an_override_that_does_not_exist_is_told(configured):
    configured(overrides='{"shop.*": {"treshold": 1}}')
    with pytest.raises(BadArgument, match=r"xcom_overrides shop\.\* has 'treshold': known are sto"):
        settings_of("shop", "load", {})
