"""What the libraries of object storages raise, in our words."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from redis_xcom.errors import StoreError, StoreRefused, StoreUnavailable

if TYPE_CHECKING:
    from redis_xcom.airflow.xcom.place import Place

# By name: none of these libraries is loaded for another one's sake.
UNREACHED = {
    "botocore.exceptions.ConnectionError",
    "botocore.exceptions.HTTPClientError",
    "aiohttp.client_exceptions.ClientConnectionError",
    "aiohttp.client_exceptions.ClientPayloadError",
    "requests.exceptions.ConnectionError",
    "requests.exceptions.Timeout",
    "google.auth.exceptions.TransportError",
    "azure.core.exceptions.ServiceRequestError",
    "azure.core.exceptions.ServiceResponseError",
}
NO_LOGIN = {
    "botocore.exceptions.NoCredentialsError",
    "botocore.exceptions.PartialCredentialsError",
    "google.auth.exceptions.GoogleAuthError",
    "azure.core.exceptions.ClientAuthenticationError",
}
FORBIDDEN = {401, 403}
TOO_MANY = {408, 429}
FAULTS = 500


def in_our_words(error: Exception, place: Place) -> StoreError:
    """Return our error for a library's, with its own words."""
    words = f"{place}: {type(error).__name__}: {str(error).strip() or 'without a word'}"
    kind = kind_of(error)
    if kind is StoreUnavailable:
        return StoreUnavailable(f"{words}: the store does not answer, asking again does no harm")
    if kind is StoreRefused:
        return StoreRefused(
            f"{words}: give the account of its connection the rights to read, write, delete and "
            "list there; who may not list is told so, too, where an object is missing"
        )
    return StoreError(words)


def kind_of(error: BaseException) -> type[StoreError]:
    """Return which of our errors it is: no answer, a refusal, or else."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    status = _status(error)
    away = isinstance(error, (TimeoutError, asyncio.TimeoutError, ConnectionError))
    if away or names & UNREACHED or status >= FAULTS or status in TOO_MANY:
        return StoreUnavailable
    refused = isinstance(error, PermissionError) or str(error).startswith("Forbidden")
    if refused or names & NO_LOGIN or status in FORBIDDEN:
        return StoreRefused
    return StoreError


def _status(error: BaseException) -> int:
    """The status of the answer over HTTP, 0 where none is known."""
    response = getattr(error.__cause__, "response", None)  # a translated error of botocore
    told = response.get("ResponseMetadata", {}) if isinstance(response, dict) else {}
    status = str(told.get("HTTPStatusCode") or getattr(error, "code", ""))
    return int(status) if status.isdecimal() else 0
