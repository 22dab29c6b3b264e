"""Tasks of a real Airflow write to stores by connections that Airflow alone knows, and read."""

from __future__ import annotations

import pytest

from lab.object_servers import S3Server
from redis_xcom.airflow.xcom.reference import Reference

pytestmark = pytest.mark.timeout(150)

SECONDS = 120


@pytest.fixture(scope="module")
def s3():
    with S3Server() as running:
        running.create_bucket("values")
        yield running


@pytest.fixture(scope="module")
def urls(airflow, s3):
    told = s3.airflow_connection("s3_of_the_lab")
    airflow.api.post("/connections", told)
    return {
        "s3": "s3://s3_of_the_lab@values/xcoms",
        "redis": "redis://redis_default@lab-values",
        "no bucket": "s3://s3_of_the_lab@nowhere",
    }


@pytest.fixture(scope="module")
def runs(start, urls):
    """A run for each store, all at once."""
    return {kind: start("stores", store=url) for kind, url in urls.items()}


@pytest.mark.parametrize("kind", ["s3", "redis"])
def test_what_one_task_writes_others_read(runs, urls, kind):
    run = runs[kind]
    assert run.wait(timeout=SECONDS) == "success"
    reference = Reference.read(run.output("write"))
    assert reference.uri.startswith(f"{urls[kind]}/stores/")
    assert run.output("read") == run.output("read_in_an_event_loop") == 499_500


def test_a_task_whose_bucket_is_not_there_fails_and_says_so(runs):
    run = runs["no bucket"]
    assert run.wait(timeout=SECONDS) == "failed"
    log = run.airflow.api.raw_log(run.task("write"))
    assert "StoreRefused" in log
    assert "there is no bucket" in log
