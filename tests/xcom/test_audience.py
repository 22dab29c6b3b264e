"""Which tasks an addressee means, and that nobody else gets the value."""

from __future__ import annotations

import pytest

from redis_xcom.airflow.xcom import audience
from redis_xcom.airflow.xcom.audience import LONGEST, MOST, addressees, check, is_named
from redis_xcom.airflow.xcom.reader import Reader
from redis_xcom.errors import BadArgument, NotForYou

MEANT = [
    # addressee, dag and task of the reader; all pushed by the DAG `shop`
    ("load", "shop", "load"),
    ("load*", "shop", "load_all"),
    ("loa?", "shop", "load"),
    ("load_[ab]", "shop", "load_a"),
    ("*", "shop", "clean.load"),
    ("clean.load", "shop", "clean.load"),
    ("clean.*", "shop", "clean.load"),
    ("*.load", "shop", "clean.load"),
    ("shop.load", "shop", "load"),
    ("shop.clean.load", "shop", "clean.load"),
    ("sales.load", "sales", "load"),
    ("sales.clean.load", "sales", "clean.load"),
    ("sales.clean.load", "sales.clean", "load"),
    ("sales_*.load", "sales_north", "load"),
    ("sales.*", "sales", "load"),
    ("*_sales.load", "north_sales", "load"),
]
NOT_MEANT = [
    ("load", "sales", "load"),
    ("load", "shop", "Load"),
    ("load", "shop", "clean.load"),
    ("load", "shop", "loads"),
    ("load_[!ab]", "shop", "load_a"),
    ("*", "sales", "load"),
    ("load*", "load_dag", "anything"),
    ("load*", "sales", "load"),
    ("*.load", "sales", "load"),
    ("*.*", "sales", "load"),
    ("?*.load", "sales", "load"),
    (".load", "sales", "load"),
    ("sales.load", "sales", "load_more"),
    ("sales.load", "salesx", "load"),
    ("sales.load", "shop", "load"),
    ("Sales.load", "sales", "load"),
]
REFUSED = [
    ([], "names 0 addressees"),
    ((), "names 0 addressees"),
    ("", "to= has ''"),
    ([""], "to= has ''"),
    (["load", 7], "to= has 7"),
    ([None], "to= has None"),
    (None, "to= is None"),
    (7, "to= is 7"),
    (["load, extract"], "to= has 'load, extract'"),
    (["load\n"], "to= has 'load"),
    (["a/b"], "to= has 'a/b'"),
    (["x" * (LONGEST + 1)], "to= has 'xxx"),
    (["load"] * (MOST + 1), f"names {MOST + 1} addressees"),
]


@pytest.fixture
def reading(monkeypatch):
    def as_task(reader):
        monkeypatch.setattr(audience, "current_reader", lambda: reader)

    return as_task


@pytest.mark.parametrize(("addressee", "dag", "task"), MEANT)
def test_an_addressee_means(addressee, dag, task):
    assert addressees(addressee) == (addressee,)
    assert is_named(Reader(dag, task, "r"), ["nobody", addressee], "shop")


@pytest.mark.parametrize(("addressee", "dag", "task"), NOT_MEANT)
def test_an_addressee_does_not_mean(addressee, dag, task):
    assert not is_named(Reader(dag, task, "r"), [addressee], "shop")


@pytest.mark.parametrize(("to", "why"), REFUSED)
def test_a_push_to_nobody_in_particular_is_refused(to, why):
    with pytest.raises(BadArgument) as caught:
        addressees(to)
    assert why in str(caught.value)


def test_who_is_named_gets_it(reading):
    reading(Reader("shop", "load", "r", 4))
    check(["load"], "XCom 'k' of shop.extract", "shop")


def test_who_is_not_named_is_told_who_is(reading):
    reading(Reader("shop", "report", "r", 4))
    with pytest.raises(NotForYou) as caught:
        check(["load", "sales.*"], "XCom 'k' of shop.extract", "shop")
    assert str(caught.value).startswith(
        "XCom 'k' of shop.extract is aimed at load, sales.*: not for shop.report[4]."
    )


def test_the_sender_is_not_named_by_itself(reading):
    reading(Reader("shop", "extract", "r"))
    with pytest.raises(NotForYou):
        check(["load"], "XCom 'k' of shop.extract", "shop")


@pytest.mark.parametrize("to", [["load"], ["*"], []])
def test_whoever_is_not_known_gets_nothing(reading, to):
    reading(None)
    with pytest.raises(NotForYou, match="no known task"):
        check(to, "XCom 'k' of shop.extract", "shop")
