"""Sealed values: opened with the key alone, whatever becomes of the bytes."""

from __future__ import annotations

import os
import random
import tracemalloc

import airflow
import pytest
from airflow.configuration import conf
from cryptography.fernet import Fernet

from redis_xcom.airflow import compat
from redis_xcom.airflow.xcom import cipher
from redis_xcom.airflow.xcom.cipher import PIECE, open_sealed, seal
from redis_xcom.errors import BadArgument, XComAltered, XComSealed

HEADER = {"to": ["load"], "dag_id": "shop"}
OLD, NEW, CORE = (Fernet.generate_key().decode() for _ in range(3))
MEGABYTE = 1 << 20


@pytest.fixture
def keys(monkeypatch):
    def configure(own="", core=""):
        monkeypatch.setattr(compat, "option", lambda name, usual: own or usual)
        monkeypatch.setattr(compat, "core_fernet_key", lambda: core)

    configure(OLD)
    return configure


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("size", [0, 1, 1000, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_what_was_sealed_is_opened(size):
    data = os.urandom(size)
    sealed = seal(data, HEADER)
    assert sealed.isascii()
    assert open_sealed(sealed) == (HEADER, data)


@pytest.mark.usefixtures("keys")
def test_nothing_of_value_and_header_is_seen():
    sealed = seal(b"a distinctive secret " * 1000, HEADER)
    for hidden in (b"distinctive", b"load", b"shop"):
        assert hidden not in sealed
    assert seal(b"", HEADER) != seal(b"", HEADER)


def test_after_a_change_of_keys_old_values_are_opened_and_new_ones_sealed_by_the_new(keys):
    before = seal(b"old", HEADER)
    keys(f"{NEW} ,\n {OLD},")
    assert open_sealed(before) == (HEADER, b"old")
    after = seal(b"new", HEADER)
    keys(NEW)
    assert open_sealed(after) == (HEADER, b"new")
    with pytest.raises(XComSealed):
        open_sealed(before)


def test_without_a_key_of_its_own_airflows_is_taken(keys):
    keys("", CORE)
    sealed = seal(b"value", HEADER)
    keys(OLD, CORE)
    with pytest.raises(XComSealed):
        open_sealed(sealed)
    keys(CORE)
    assert open_sealed(sealed) == (HEADER, b"value")


def test_whoever_lacks_the_key_is_told_which(keys):
    sealed = seal(b"value", HEADER)
    fingerprint = sealed.split(b".")[0].decode()
    keys(NEW)
    with pytest.raises(XComSealed, match=rf"fingerprint {fingerprint} .* this process has \w{{8}}"):
        open_sealed(sealed)
    keys("")
    with pytest.raises(XComSealed, match=r"this process has none.*xcom_fernet_key"):
        open_sealed(sealed)


def test_without_any_key_nothing_is_sealed_and_the_option_is_named(keys):
    keys("")
    with pytest.raises(BadArgument, match=r"\[redis_xcom\] xcom_fernet_key.*Fernet.generate_key"):
        seal(b"value", HEADER)


@pytest.mark.parametrize(
    "bad",
    ["secret", "é" * 44, OLD[:-5], f"{OLD},x"],
    ids=["a word", "no ASCII", "too short", "one of two"],  # keys differ from worker to worker
)
def test_a_bad_key_is_told_and_not_shown(keys, bad):
    keys(bad)
    with pytest.raises(BadArgument, match="xcom_fernet_key") as caught:
        seal(b"value", HEADER)
    assert bad not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.usefixtures("keys")
def test_one_changed_byte_is_noticed():
    sealed = seal(b"0123456789" * 20, HEADER)
    for at in random.sample(range(len(sealed)), 50):
        altered = bytearray(sealed)
        altered[at] = ord("A") if altered[at] != ord("A") else ord("B")
        try:
            opened = open_sealed(bytes(altered))
        except (XComAltered, XComSealed):
            continue
        # Base64 has bits at its end that say nothing.
        assert opened == (HEADER, b"0123456789" * 20)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("junk", [b"", b".", b"....", b"\xff\xfe", b"{}", b"zz.zz", b"a" * 100])
def test_what_was_never_sealed_is_not_opened(junk):
    with pytest.raises((XComSealed, XComAltered)):
        open_sealed(junk)


@pytest.mark.usefixtures("keys")
def test_pieces_are_neither_left_out_nor_moved_nor_mixed():
    data, other = (os.urandom(3 * PIECE) for _ in range(2))
    (key, *mine), (_, *theirs) = (seal(value, HEADER).split(b".") for value in (data, other))
    for tampered in (
        [],
        mine[:1],
        mine[:-1],
        mine[1:],
        [*mine, mine[-1]],
        [mine[0], mine[2], mine[1]],
        [mine[0], theirs[1], mine[2]],
        [theirs[0], *mine[1:]],
    ):
        with pytest.raises(XComAltered):
            open_sealed(b".".join([key, *tampered]))


@pytest.mark.usefixtures("keys")
def test_a_large_value_is_not_copied_again_and_again():
    """The sealed text is a third larger than the value, and stands twice while it is joined."""
    data = bytes(20 * MEGABYTE)
    assert peak(lambda: seal(data, HEADER)) < 3.2 * len(data)
    sealed = seal(data, HEADER)
    assert peak(lambda: open_sealed(sealed)) < 2.6 * len(data)


def peak(work):
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_fingerprint_is_the_keys_and_not_how_it_is_written(keys):
    first = seal(b"", HEADER).split(b".")[0]
    keys(f" {OLD} ")
    assert seal(b"", HEADER).split(b".")[0] == first
    assert len(first) == 8
    assert cipher._read(OLD).keys() == {first}


@pytest.mark.skipif(airflow.__version__ < "3.2", reason="hides options of its own alone")
def test_airflow_hides_the_key_where_it_shows_its_configuration(monkeypatch):
    monkeypatch.setenv("AIRFLOW__REDIS_XCOM__XCOM_FERNET_KEY", OLD)
    shown = conf.as_dict(display_source=False, display_sensitive=False)
    assert shown["redis_xcom"]["xcom_fernet_key"] == "< hidden >"
