"""References, names of objects, urls of stores, sealed texts, handles, as anybody forges them."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet

from lab.fuzz.draw import Draw
from lab.fuzz.target import Target, must
from redis_xcom.airflow.xcom.cipher import open_sealed, seal
from redis_xcom.airflow.xcom.coordinate import Coordinate
from redis_xcom.airflow.xcom.handed import redeem
from redis_xcom.airflow.xcom.naming import object_name, read_name
from redis_xcom.airflow.xcom.place import Place
from redis_xcom.airflow.xcom.reading import fetched
from redis_xcom.airflow.xcom.reference import CLASSNAME, DATA, NAME, VERSION, Reference
from redis_xcom.errors import RedisXComError

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = b'"hunter2-s3cret"'
FIELDS = ("type", "bytes", "sha256", "uri", "value", "compression", "sealed", "to", "dag_id")
SUFFIXES = (".json", ".json.zst", ".json.gz", ".json.sealed", ".json.gz.sealed")


class References(Target):
    """Each is refused by name or read as what it says; no forged reference reads a file."""

    name = "references"
    share = 4
    seeds = (b"", bytes(range(120)), b"\x01file:///x", b"\x02" + bytes(range(40)), b"\x03" * 60)
    tokens = (b"file:///", b"s3://c@b/", b"redis://r@p/", b"../", b".json", b"%2e", b"\x00")

    def __init__(self) -> None:
        os.environ["AIRFLOW__REDIS_XCOM__XCOM_FERNET_KEY"] = Fernet.generate_key().decode()
        self._folder = tempfile.TemporaryDirectory()
        self._canary = Path(self._folder.name) / "canary.json"
        self._canary.write_bytes(CANARY)
        self._sealed = seal(b"x" * 200, {"to": ["load"]})

    def close(self) -> None:
        self._folder.cleanup()

    def check(self, data: bytes) -> str:
        draw = Draw(data)
        kinds: tuple[Callable[[Draw], str], ...] = (
            self._reference,
            self._place,
            self._name,
            self._seal,
            self._handle,
        )
        kind = draw.choice(kinds)
        try:
            return f"{kind.__name__}: {kind(draw)}"
        except RedisXComError as error:
            str(error).encode(errors="surrogatepass")
            return f"refused: {kind.__name__} {type(error).__name__}"

    def _reference(self, draw: Draw) -> str:
        told: Any = {name: self._field(draw, name) for name in FIELDS if draw.byte() % 3}
        told = draw.value() if draw.byte() % 16 == 1 else told
        version = draw.choice((1, 1, 1, 2, 0, "1", None))
        reference = Reference.read({CLASSNAME: NAME, VERSION: version, DATA: told})
        must(reference is not None, "a reference is taken for a user's value")
        again = Reference.read(reference.row())
        must(again is not None and again.uri == reference.uri, "a reference is not read as written")
        if reference.uri is not None and reference.uri.startswith(("file:", "local:")):
            must(CANARY not in fetched(reference), "a forged reference reads a file")
        return "read"

    def _field(self, draw: Draw, name: str) -> Any:
        if draw.byte() % 8 == 7:
            return draw.value()
        usual: dict[str, Any] = {
            "type": "dict",
            "bytes": len(CANARY),
            "sha256": sha256(CANARY).hexdigest(),
            "uri": self._canary.as_uri() + draw.choice(("", "/", "?", "/../canary.json", "#")),
            "to": ["load"],
            "sealed": draw.coin(),
            "compression": draw.choice(("", "zstd", "gzip", "lzma")),
        }
        return usual.get(name, draw.text())

    def _place(self, draw: Draw) -> str:
        scheme = draw.choice(("file:///", "s3://", "redis://r@", "gs://", "", "local://", "x://"))
        place = Place.read(scheme + draw.text())
        must(Place.read(str(place)) == place, "a place is not read as it is written")
        must(".." not in place.path.split("/"), "a place leads out of its store")
        return place.scheme

    def _name(self, draw: Draw) -> str:
        where = Coordinate(draw.text(), draw.text(), draw.text(), draw.number() % 9, draw.text())
        expires = datetime.fromtimestamp(1 + draw.byte() * 10**7, timezone.utc)
        name = object_name(where, expires=expires, suffix=draw.choice(SUFFIXES))
        must(len(name.encode("ascii")) <= 800, "a name is longer than it may be")
        named = read_name(f"file:///store/{name}")
        must(named is not None and named.expires == expires, "a name is not known again")
        must(
            read_name(draw.text()) is None or draw.is_spent, "a name of nobody's is taken for ours"
        )
        return "named"

    def _seal(self, draw: Draw) -> str:
        changed = bytearray(self._sealed)
        for _ in range(1 + draw.byte() % 3):
            place = draw.number() % len(changed)
            changed[place : place + draw.byte() % 3] = draw.text().encode(errors="ignore")[:3]
        header, content = open_sealed(bytes(changed))
        must(header["to"] == ["load"] and content == b"x" * 200, "a changed seal is opened")
        return "unchanged"

    def _handle(self, draw: Draw) -> str:
        redeem(draw.text() if draw.coin() else draw.value(), {"ti": None})  # type: ignore[typeddict-item]
        return "redeemed"
