"""Workers that push: the queue's own producers, and strangers with and without poison."""

from __future__ import annotations

import time
from datetime import timedelta

from redis.backoff import NoBackoff
from redis.retry import Retry

from lab.chaos.ground import MOST_WAITING
from lab.chaos.worker import Worker
from lab.history import witness
from redis_xcom import Queue, QueueFull
from redis_xcom.connect import connect

POISON = (b"no JSON %s", b"\xff\xfe%s", b"{%s", b'{"xcom":"%s","payload":', b"[" * 300 + b"%s")
SOUND = (b'{"n": "%s", "a": [] }', b'{"xcom":"%s","payload":[{}]}', b'"%s"', b'{"n":"%s"}')


KEYED = (b'{"xcom":"%s","key":"a","payload":[{}]}', b'{"xcom":"%s","key":"z","payload":7}')
KEYS = "abcdefghijklmnopqrst"


class Producer(Worker):
    """Pushes by rounds; who takes its place repeats the last round under the same ids."""

    def begin(self) -> None:
        self._rounds = self.ground.told.parent / f"rounds-{self.slot}"
        self._round = int(self._rounds.read_text()) if self._rounds.exists() else 0
        self._singles = 0

    def turn(self) -> None:
        try:
            self._push_round()
        except QueueFull:
            time.sleep(0.02)
            return
        self._round += 1
        unfinished = self._rounds.with_suffix(f".{self.start}")
        unfinished.write_text(str(self._round))
        unfinished.replace(self._rounds)

    def _push_round(self) -> None:
        dice = self.ground.dice("round", self.slot, self._round)
        queue = dice.choice(self.queues())
        push_id = f"{self.slot}/{self._round}"
        rows = [self._row(f"{push_id}/{i}") for i in range(dice.choice((1, 3, 20, 100)))]
        delay = timedelta(seconds=dice.choice((0.3, 2))) if dice.random() < 0.2 else None
        how = {"delay": delay, "max_length": MOST_WAITING}
        if queue is self.ground.keyed:
            how |= {"delay": None, "ordering_keys": [dice.choice(KEYS) for _ in rows]}
        if queue is self.ground.late and dice.random() < 0.5:
            how["dedup_ids"] = [row["n"] for row in rows]
        else:
            how["push_id"] = push_id
        for _ in range(dice.choice((1, 1, 2))):
            queue.push_many(rows, **how)
        self.told.pushed(queue, [row["n"] for row in rows])
        self._singles += 1  # not known to be there unless it was told so: never pushed again
        single = self._row(f"{self.name}-{self._singles}")
        key = dice.choice(KEYS) if queue is self.ground.keyed else None
        queue.push(single, max_length=MOST_WAITING, ordering_key=key)
        self.told.pushed(queue, [single["n"]])

    def queues(self) -> tuple[Queue, ...]:
        return self.ground.queues()

    def _row(self, number: str) -> dict[str, str]:
        return {"n": number, "pad": "x" * 100}


class Stranger(Worker):
    """Any other program: RPUSHes bare JSON, and what is none; a lost reply is not tried again."""

    def begin(self) -> None:
        self._pushes = 0
        self._client = connect(self.ground.url, retry=Retry(NoBackoff(), 0))

    def turn(self) -> None:
        queue = self.dice.choice(self.queues())
        if queue.stats().ready < MOST_WAITING:
            kinds = KEYED if queue is self.ground.keyed else SOUND
            witness.push_foreign(self._client, queue.keys, *self._values(kinds))
        time.sleep(0.1)

    def queues(self) -> tuple[Queue, ...]:
        return self.ground.done, self.ground.mixed, self.ground.late, self.ground.keyed

    def _values(self, sound: tuple[bytes, ...]) -> list[bytes]:
        values = []
        for _ in range(self.dice.randint(1, 10)):
            self._pushes += 1
            kinds = POISON if self.dice.random() < 0.15 else sound
            number = f"{self.name}-{self._pushes}".encode()
            values.append(self.dice.choice(kinds) % number)
        return values


class KeyedProducer(Producer):
    """Pushes to `keyed` alone."""

    def queues(self) -> tuple[Queue, ...]:
        return (self.ground.keyed,)


class KeyedStranger(Stranger):
    """RPUSHes to `keyed` alone."""

    def queues(self) -> tuple[Queue, ...]:
        return (self.ground.keyed,)
