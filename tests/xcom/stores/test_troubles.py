"""What the libraries raise, and which of our errors that is."""

from __future__ import annotations

import aiohttp
import pytest
import requests
from botocore import exceptions as boto
from gcsfs.retry import HttpError, validate_response
from google.auth import exceptions as google
from s3fs.errors import translate_boto_error

from redis_xcom.airflow.xcom.place import Place
from redis_xcom.airflow.xcom.troubles import in_our_words
from redis_xcom.errors import StoreError, StoreRefused, StoreUnavailable

PLACE = Place.read("s3://aws@bucket/path")
WHERE = {"endpoint_url": "http://127.0.0.1:1"}


def s3(status, code):
    told = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return translate_boto_error(boto.ClientError(told, "PutObject"))


def gcs(status):
    try:
        validate_response(status, b"{}", "b/bucket/o/path")
    except (OSError, HttpError) as error:
        return error
    raise AssertionError(status)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (StoreUnavailable, boto.EndpointConnectionError(**WHERE)),
        (StoreUnavailable, boto.ConnectTimeoutError(**WHERE)),
        (StoreUnavailable, boto.ReadTimeoutError(**WHERE)),
        (StoreUnavailable, boto.ConnectionClosedError(**WHERE)),
        (StoreUnavailable, boto.SSLError(**WHERE, error="")),
        (StoreUnavailable, s3(503, "SlowDown")),
        (StoreUnavailable, s3(503, "ServiceUnavailable")),
        (StoreUnavailable, s3(500, "InternalError")),
        (StoreUnavailable, s3(400, "RequestTimeout")),
        (StoreRefused, s3(403, "AccessDenied")),
        (StoreRefused, s3(403, "InvalidAccessKeyId")),
        (StoreRefused, s3(403, "SignatureDoesNotMatch")),
        (StoreRefused, s3(403, "SomethingNew")),
        (StoreRefused, boto.NoCredentialsError()),
        (StoreError, s3(400, "EntityTooLarge")),
        (StoreError, s3(409, "OperationAborted")),
        (StoreUnavailable, aiohttp.ClientConnectionError()),
        (StoreUnavailable, aiohttp.ServerDisconnectedError()),
        (StoreUnavailable, aiohttp.ClientPayloadError("cut")),
        (StoreUnavailable, requests.exceptions.ProxyError()),
        (StoreUnavailable, gcs(502)),
        (StoreUnavailable, gcs(503)),
        (StoreUnavailable, gcs(429)),
        (StoreUnavailable, google.TransportError()),
        (StoreRefused, google.DefaultCredentialsError()),
        (StoreRefused, google.RefreshError()),
        (StoreRefused, gcs(403)),
        (StoreRefused, gcs(401)),
        (StoreRefused, HttpError({"code": "401", "message": "Invalid Credentials"})),
        (StoreUnavailable, TimeoutError()),
        (StoreUnavailable, ConnectionResetError()),
        (StoreRefused, PermissionError()),
        (StoreError, OSError(5, "of another kind")),
        (StoreError, ValueError("a bug")),
    ],
    ids=lambda value: f"{type(value).__name__} {value}" if isinstance(value, Exception) else "",
)
def test_what_a_library_raises_is_told_by_its_kind(kind, error):
    told = in_our_words(error, PLACE)
    assert type(told) is kind
    assert str(told).startswith(f"{PLACE}: {type(error).__name__}: ")
