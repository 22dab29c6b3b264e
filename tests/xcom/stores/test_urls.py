"""A url that cannot be meant so is refused with what to write instead, before anything is sent."""

from __future__ import annotations

import pytest

from redis_xcom.airflow.xcom.place import Place
from redis_xcom.airflow.xcom.stores import store_at
from redis_xcom.errors import BadArgument


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "that is no url: give file:///data/xcoms"),
        ("/data/xcoms", "that is no url: give file:///data/xcoms"),
        ("data", "that is no url"),
        ("bucket/path", "that is no url"),
        ("s3:/bucket", "that is no url"),
        ("S3://bucket", "that is no url"),
        ("s3://", "it names no bucket"),
        ("s3://aws_default@", "it names no bucket"),
        ("s3:///path", "it names no bucket"),
        ("s3://key:secret@bucket", "no login belongs there"),
        ("redis://:secret@localhost", "no login belongs there"),
        ("redis://xcom", "it names no Airflow connection: redis://redis_default@xcom"),
        ("redis://redis_default@", "it names no prefix"),
        ("redis://redis_default@xcom/deeper", "a prefix is all there is"),
        ("redis://redis_default@a*b", "prefix 'a\\*b' is not usable"),
        ("file://data/xcoms", "with three slashes"),
        ("file://fs_default@/data", "with three slashes"),
        ("file://", "it names no folder"),
        ("file:///", "it names no folder"),
        ("file:///data/../etc", "its path is to be plain"),
        ("s3://aws_default@bucket/a?versions=1", "its path is to be plain"),
        ("s3://aws_default@bucket/" + "p" * 201, "longer than 200 bytes"),
        ("ftp://host/path", "install the provider for ftp://"),
        ("https://host/path", "install the provider for https://"),
        ("gs://google@bucket", "install apache-airflow-providers-google and gcsfs"),
        ("s3://nowhere@bucket", "there is no Airflow connection 'nowhere'"),
        ("redis://nowhere@xcom", "there is no Airflow connection 'nowhere'"),
    ],
)
def test_what_is_wrong_is_said_and_where_to_mend_it(url, told, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_GOOGLE", "google-cloud-platform://")
    monkeypatch.setenv("AIRFLOW_CONN_REDIS_DEFAULT", "redis://localhost")
    with pytest.raises(BadArgument, match=told) as refused:
        store_at(url)
    assert "[redis_xcom] xcom_store" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_connection_of_another_type_is_refused(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_ELSEWHERE", "postgres://localhost/db")
    with pytest.raises(BadArgument, match="'elsewhere' is of the type 'postgres', not redis"):
        store_at("redis://elsewhere@xcom")


@pytest.mark.parametrize(
    "url",
    [
        "file:///data/xcoms",
        "local:///data/xcoms",
        "s3://bucket",
        "s3://aws_default@my-bucket/some/path",
        "gs://google_cloud_default@bucket/a b/c",
        "redis://redis_default@xcom",
        "abfs://azure@container/path",
    ],
)
def test_a_place_is_written_as_it_was_read(url):
    assert str(Place.read(url)) == url
    assert str(Place.read(url + "/")) == url
