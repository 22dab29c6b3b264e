"""What the model did, done again on a real server: the scripts must answer the same."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lab.protocol.trace import (
    CLAIM,
    CLAIMED,
    DEAD,
    EMPTY,
    EXTEND,
    GOT,
    LETTERS,
    LOST,
    OUTDATED,
    PUSH,
    READY,
    SETTLE,
    UNKNOWN,
    Event,
    Request,
    State,
)
from redis_xcom.keys import Keys
from redis_xcom.scripts import Scripts

NOON_US = 1_800_000_000_000_000
LEASE_MS = 60_000
DELIVERIES = 2
ITEM = re.compile(rb'^\{"xcom":"1-(\d+)"(?:,"deliveries":(\d+),"failures":\d+)?,"payload":\d+\}$')
STATUS = {"claimed": GOT, "empty": EMPTY, "superseded": OUTDATED, "lost": LOST}


class Drift(AssertionError):
    """The scripts do not do what the model says."""


@dataclass
class Replay:
    """A real queue that does what the model did.

    :param client: of a server that is empty.
    """

    client: Any
    done: Counter[str] = field(default_factory=Counter)
    _generations: dict[int, int] = field(default_factory=lambda: {0: 0})
    _again: Iterator[int] = field(default_factory=count)
    _scripts: Scripts = field(init=False)

    def __post_init__(self) -> None:
        self._scripts = Scripts(self.client, Keys("model"), clock=lambda: NOON_US)

    def follow(self, events: list[Event]) -> Counter[str]:
        """Do all of it; raise `Drift` at the first step that comes out otherwise.

        :return: how often each request had each answer.
        """
        for number, event in enumerate(events):
            try:
                self._do(event)
            except Drift as drift:
                before = "\n".join(map(str, events[max(0, number - 12) : number + 1]))
                raise Drift(f"step {number}: {drift}\n{before}") from None
        return self.done

    def _do(self, event: Event) -> None:
        kind, *words = event.actor
        if kind == "lapse":
            self._lapse(int(words[0]))
        elif kind == "redrive":
            self._scripts.redrive([f"1-{words[0]}"], limit=1, until_ms="")
        elif kind == "push":
            self._add(int(words[0]), producer=f"again {next(self._again)}", number=1)
        elif kind == "all":
            for item in range(int(words[0])):
                self._push(item + 1)
        elif event.request and event.reply:
            self._ask(event.request, event)
        if event.state:
            self._compare("state", self._expected(event.state), dict(self._seen()))

    def _lapse(self, claim: int) -> None:
        """Its lease ended long ago; those of smaller ids earlier, as the model reaps them."""
        self.client.zadd(self._scripts.keys.part("leases"), {_name(claim): claim + 1})

    def _push(self, number: int) -> None:
        self._add(number - 1, producer="p", number=number)

    def _add(self, item: int, *, producer: str, number: int) -> None:
        envelope = f'{{"xcom":"1-{item}","payload":{item}}}'.encode()
        self._scripts.push(
            [envelope],
            producer=producer,
            number=number,
            push_id="",
            dedup_ids=None,
            remember_ms=1000,
            delay_ms=0,
            max_length=0,
        )

    def _ask(self, request: Request, event: Event) -> None:
        ask = {
            PUSH: self._push_again,
            CLAIM: self._claim,
            SETTLE: self._settle,
            EXTEND: self._extend,
        }
        answer = ask[request.what](request, event)
        self._compare("answer", event.reply[0], answer)
        self.done[re.sub(r"\d+", "n", str(event).partition(": ")[2])] += 1

    def _push_again(self, request: Request, _: Event) -> int:
        self._push(request.generation)
        return GOT

    def _claim(self, request: Request, event: Event) -> int:
        reply = self._scripts.claim(
            _name(request.claim),
            incarnation=f"{request.incarnation}",
            after=None if request.generation == UNKNOWN else self._real(request.generation),
            ack_first=bool(request.ack_first),
            limit=request.limit,
            lease_ms=LEASE_MS,
            owner="model",
            max_deliveries=DELIVERIES,
        )
        if reply.status == "claimed":
            self._learn(event.reply[1], reply.generation)
            places = reply.places or range(1, len(reply.items) + 1)
            got = {p: _item(raw)[0] for p, raw in zip(places, reply.items, strict=True)}
            held = event.state.held[request.claim] if event.state else {}
            self._compare("claimed", held, got)
        return STATUS[reply.status]

    def _learn(self, model: int, real: int) -> None:
        """The model uses its numbers again; those of the server only grow."""
        known = self._generations.values()
        if real not in known and real <= max(known):
            raise Drift(f"generation {real} is not greater than {max(known)}")
        if real in known and self._generations.get(model) != real:
            raise Drift(f"generation {real} is handed out again, the model says {model}")
        self._generations[model] = real

    def _settle(self, request: Request, _: Event) -> int:
        settled = self._scripts.settle(
            _name(request.claim),
            generation=self._real(request.generation),
            action=LETTERS[request.letter],
            places=request.named or None,
            failed=bool(request.failed),
            max_deliveries=DELIVERIES,
        )
        return LOST if settled.lost else GOT

    def _extend(self, request: Request, _: Event) -> int:
        generation = self._real(request.generation)
        name = _name(request.claim)
        renewed = self._scripts.extend(name, generation=generation, lease_ms=LEASE_MS)
        return GOT if renewed else LOST

    def _real(self, generation: int) -> int:
        return self._generations[generation]

    def _compare(self, what: str, model: object, real: object) -> None:
        if model != real:
            raise Drift(f"{what}: the model says {model}, the server {real}")

    def _expected(self, state: State) -> dict[str, object]:
        counted = {
            i: state.deliveries[i] for i, where in state.where.items() if where in (READY, CLAIMED)
        }
        return {
            "ready": list(state.ready),
            "held": {claim: places for claim, places in state.held.items() if places},
            "generations": {c: self._real(g) for c, g in state.generations.items()},
            "dead": {item for item, where in state.where.items() if where == DEAD},
            "deliveries": counted,
        }

    def _seen(self) -> Iterator[tuple[str, object]]:
        part = self._scripts.keys.part
        records = {k: json.loads(v) for k, v in self.client.hgetall(part("claims")).items()}
        ready = [_item(raw) for raw in self.client.lrange(part("ready"), 0, -1)]
        counts = dict(ready)
        held: dict[int, dict[int, int]] = {}
        for name, raw in self.client.hgetall(part("claimed")).items():
            claim, _, place = name.partition(b"/")
            item, returned = _item(raw)
            held.setdefault(_number(claim), {})[int(place)] = item
            counts[item] = returned + records[claim]["takeovers"] + 1
        yield "ready", [item for item, _ in ready]
        yield "held", held
        yield (
            "generations",
            {_number(name): record["generation"] for name, record in records.items()},
        )
        letters = self.client.hvals(part("dead"))
        yield "dead", {_item(letter.partition(b',"item":')[2][:-1])[0] for letter in letters}
        yield "deliveries", counts


def _name(claim: int) -> str:
    return f"c{claim}"


def _number(name: bytes) -> int:
    return int(name[1:])


def _item(raw: bytes) -> tuple[int, int]:
    """Its number, and how often it has come back."""
    told = ITEM.match(raw)
    if told is None:
        raise Drift(f"not an item of the model: {raw!r}")
    return int(told[1]), int(told[2] or 0)
