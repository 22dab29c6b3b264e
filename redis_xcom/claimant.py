"""Who claims: a claim id and what it settled last, so that a repeated request is recognised."""

from __future__ import annotations

import os
import re
import secrets
import socket
import threading
from dataclasses import dataclass

from redis_xcom.errors import BadArgument
from redis_xcom.wording import shown

SPEAKABLE = re.compile(r'[^"\\\x00-\x1f\x7f\ud800-\udfff]{1,512}')


def check_words(words: object, what: str) -> str:
    """Return text that can stand in a record as it is, or raise `BadArgument`."""
    if not isinstance(words, str) or not SPEAKABLE.fullmatch(words):
        raise BadArgument(
            f"{what} {shown(words)} is not usable: 1 to 512 characters without quotes, "
            "backslashes, control characters or lone surrogates"
        )
    return words


def check_try(incarnation: object) -> str:
    """Return which try it is; an empty one is the only one."""
    return "" if incarnation in (None, "") else check_words(incarnation, "incarnation")


def this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


@dataclass
class Claimant:
    """One claim id. `after` is the generation it settled last: 0 for none, None for unknown."""

    claim_id: str
    incarnation: str = ""
    after: int | None = 0


class Claimants:
    """Claim ids of this process, used again once their claim is settled.

    So the server remembers as many of them as there were claims at one time, not as there were
    claims. A forked child gets ids of its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._name = f"{this_process()}:{secrets.token_hex(4)}"
        self._free: list[Claimant] = []
        self._made = 0

    def acquire(self) -> Claimant:
        with self._lock:
            if self._pid != os.getpid():
                self._start()
            if self._free:
                return self._free.pop()
            self._made += 1
            return Claimant(f"{self._name}.{self._made}")

    def give_back(self, claimant: Claimant) -> None:
        with self._lock:
            if claimant.claim_id.startswith(f"{self._name}."):
                self._free.append(claimant)
