"""Ids and owners, and their way through the records that the scripts keep of a claim."""

from __future__ import annotations

import json
from typing import Any

from lab.fuzz.draw import Draw
from lab.fuzz.lua import DIGITS, functions
from lab.fuzz.target import Target, must
from redis_xcom.claimant import check_words
from redis_xcom.codec import decode_item, envelope
from redis_xcom.errors import BadArgument
from redis_xcom.letters import read_letter
from redis_xcom.scripts import _json_string, reason_text

ROUND = """function(incarnation, owner, count, outcomes)
  local text = write_record({ generation = '1800000000000000', after = '0',
    incarnation = incarnation, count = count, held = count, takeovers = 2, lease = 60000,
    since = '1800000000000', outcomes = outcomes, doubts = '1:1800000000000', handed = '',
    owner = owner })
  local r = read_record(text)
  return text, r and r.incarnation, r and r.owner, r and r.outcomes, r and r.count
end"""


class Words(Target):
    """What is accepted survives the records in Lua, and is read there as here."""

    name = "words"
    share = 12
    seeds = (b"", bytes(range(40)), b"\x04" * 40)

    def __init__(self) -> None:
        before = f"{DIGITS}\nlocal call = function() end"
        names = [ROUND, "older"]
        self._round, self._older = functions(parts=["records", "past"], names=names, before=before)

    def check(self, data: bytes) -> str:
        draw = Draw(data)
        words: list[Any] = [draw.text() if draw.byte() % 8 else draw.value() for _ in range(3)]
        accepted = [_accepted(word) for word in words]
        _letter(draw.text(), words[0] if accepted[0] else "somebody")
        if not all(accepted):
            return f"refused: {accepted}"
        incarnation, owner, by = words
        count = draw.byte() % 5
        outcomes = b"hxard"[:count] if draw.coin() else b""
        self._survives(incarnation, owner, count, outcomes)
        item = decode_item(envelope("a", b"1", ordering_key=owner, by=by), 100_000)
        must((item.ordering_key, item.by) == (owner, by), "of another key or by somebody else")
        older = self._older(incarnation.encode(), owner.encode())
        must(older == (incarnation.encode() < owner.encode()), "older in another order")
        return f"{len(owner) > 64} {older} {count}"

    def _survives(self, incarnation: str, owner: str, count: int, outcomes: bytes) -> None:
        speech = _json_string(owner).encode()
        text, *read = self._round(incarnation.encode(), speech, count, outcomes)
        must(read == [incarnation.encode(), speech, outcomes, count], "read as another record")
        told = json.loads(text)
        must((told["incarnation"], told["owner"]) == (incarnation, owner), "not JSON for others")


def _accepted(word: object) -> bool:
    try:
        return check_words(word, "owner") == word
    except BadArgument as error:
        str(error).encode()
        return False


def _letter(reason: str, owner: str) -> None:
    """A dead letter tells its reason, whatever it holds."""
    head = f'{{"reason":{reason_text(reason)},"owner":{_json_string(owner)},"at":1800000000000'
    letter = read_letter(b"a", f'{head},"item":not an item}}'.encode(), max_bytes=100)
    must((letter.owner, letter.raw) == (owner, b"not an item"), "misread")
    told = letter.reason.encode()  # it can be printed
    must(len(letter.reason) <= 500 and told.isascii() >= reason.isascii(), "another reason")
    must(letter.reason == reason[:500] or "\\u" in letter.reason, "misread")
