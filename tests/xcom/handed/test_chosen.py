"""Which XComs are meant by what a DAG author gives."""

from __future__ import annotations

import pytest
from airflow.sdk import dag, task, task_group
from airflow.sdk.definitions.xcom_arg import XComArg

from redis_xcom.airflow.xcom.chosen import Chosen, choose
from redis_xcom.airflow.xcom.coordinate import Coordinate
from redis_xcom.errors import BadArgument

EXTRACTED = Chosen(Coordinate("shop", "manual__1", "extract"))
DAY = Chosen(Coordinate("shop", "manual__1", "extract", key="day"))
PRICES = Chosen(Coordinate("shop", "manual__1", "price"), every=True)


@pytest.fixture
def ti(airflow):
    return airflow.ti()


@pytest.fixture
def output(airflow):
    """`output("extract")`: what `extract.output` is in the DAG file."""
    return lambda task_id, key="return_value": XComArg(airflow.shop.task_dict[task_id], key)


def test_an_output_is_meant_by_its_name(ti, output):
    given = {"orders": output("extract"), "day": output("extract", "day"), "all": output("price")}
    assert choose(given, ti) == {"orders": EXTRACTED, "day": DAY, "all": PRICES}


def test_a_task_id_means_what_the_task_returned_and_a_pair_names_the_key(ti):
    given = {"orders": "extract", "day": ["extract", "day"], "all": ("price", "return_value")}
    assert choose(given, ti) == {"orders": EXTRACTED, "day": DAY, "all": PRICES}


def test_in_a_list_the_key_or_else_the_task_is_the_name(ti, output):
    given = [output("extract"), ("extract", "day"), "price"]
    assert choose(given, ti) == {"extract": EXTRACTED, "day": DAY, "price": PRICES}


def test_a_single_one_needs_no_list(ti, output):
    assert choose("extract", ti) == choose(output("extract"), ti) == {"extract": EXTRACTED}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "xcoms is empty"),
        ([], "xcoms is empty"),
        (["extract", "extract"], "two of one name"),
        (["load"], "DAG shop has no such task"),
        ([("load", "day")], "DAG shop has no such task"),
        ([7], "holds a int"),
        ({"a": None}, "holds a NoneType"),
        ([("extract", "day", 3)], "holds a tuple"),
        ([("extract", 3)], "holds a tuple"),
    ],
)
def test_what_cannot_be_meant_is_told(ti, given, why):
    with pytest.raises(BadArgument, match=why):
        choose(given, ti)


def test_what_is_computed_of_an_output_is_none(ti, output):
    with pytest.raises(BadArgument, match=r"MapXComArg: give another task's output"):
        choose([output("price").map(str)], ti)


def test_within_a_mapped_group_the_instance_beside_is_meant(airflow):
    @dag(dag_id="shop", schedule=None)
    def build():
        @task
        def one(number):
            return number

        @task
        def start(number):
            return number

        @task_group
        def each(number):
            start(one(number))

        each.expand(number=[1, 2])
        one.override(task_id="outside")(5)

    shop = build()
    inside = airflow.ti("each.start", task=shop.task_dict["each.start"], map_index=1)
    beside = Coordinate("shop", "manual__1", "each.one", 1)
    assert choose(["each.one"], inside) == {"each.one": Chosen(beside)}
    outside = airflow.ti("outside", task=shop.task_dict["outside"])
    assert choose(["each.one"], outside)["each.one"].every
    assert str(choose(["each.one"], inside)["each.one"]).endswith("each.one[1], run manual__1")
