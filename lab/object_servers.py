"""Object storages on this machine, each in a process of its own: S3, Google Cloud Storage."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from lab.ports import free_port
from lab.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from typing_extensions import Self

REGION = "us-east-1"


class ObjectServer:
    """A server on loopback that forgets everything at its end.

    :param module: what Python runs.
    :param arguments: of it, `{port}` stands for where it is to listen.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._command = [sys.executable, "-W", "ignore", "-m", module, *arguments]
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.port = free_port()
        command = [part.format(port=self.port) for part in self._command]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._listens, f"{command[4]} to listen")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()

    def _listens(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self._command[4]} has ended with {self.process.returncode}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class S3Server(ObjectServer):
    """An S3 API; whoever comes may do everything, except in `guarded`."""

    def __init__(self) -> None:
        super().__init__("moto.server", "-H", "127.0.0.1", "-p", "{port}")

    def connection(self, login: str = "nobody", password: str = "nothing") -> str:
        """Return an Airflow connection that leads here, as JSON for `AIRFLOW_CONN_…`."""
        return json.dumps(self._leading_here() | {"login": login, "password": password})

    def airflow_connection(self, conn_id: str) -> dict[str, Any]:
        """Return one for Airflow's REST API to create."""
        told = self._leading_here() | {"login": "nobody", "password": "nothing"}
        return told | {"connection_id": conn_id, "extra": json.dumps(told["extra"])}

    def _leading_here(self) -> dict[str, Any]:
        extra = {"endpoint_url": self.url, "region_name": REGION}
        return {"conn_type": "aws", "extra": extra}

    def create_bucket(self, name: str) -> None:
        self._client("s3").create_bucket(Bucket=name)

    def create_user(self, name: str, *actions: str) -> tuple[str, str]:
        """Return login and password of a user who may do these actions only, everywhere."""
        iam = self._client("iam")
        iam.create_user(UserName=name)
        rights = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}] if actions else []
        policy = json.dumps({"Version": "2012-10-17", "Statement": rights})
        if actions:
            iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Everybody may do only what a policy allows, as long as this lasts."""
        self._count_of_free_requests("0")
        try:
            yield
        finally:
            self._count_of_free_requests("inf")

    def _count_of_free_requests(self, count: str) -> None:
        _post(f"{self.url}/moto-api/reset-auth", count, "text/plain")

    def _client(self, service: str) -> Any:
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",
        )


class GcsServer(ObjectServer):
    """A Google Cloud Storage, without logins."""

    def __init__(self) -> None:
        where = ("--host", "127.0.0.1", "--port", "{port}")
        super().__init__("gcp_storage_emulator", "start", *where, "--quiet", "--in-memory")

    def connection(self) -> str:
        """Return an Airflow connection that leads here, as JSON for `AIRFLOW_CONN_…`."""
        extra = {"endpoint_url": self.url, "project": "lab"}
        return json.dumps({"conn_type": "google_cloud_platform", "extra": extra})

    def create_bucket(self, name: str) -> None:
        where = f"{self.url}/storage/v1/b?project=lab"
        _post(where, json.dumps({"name": name}), "application/json")


def _post(url: str, body: str, kind: str) -> None:
    with urlopen(Request(url, body.encode(), {"Content-Type": kind})) as answer:
        answer.read()
