"""Arguments of queues and operators, as DAGs and templates may hand them over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lab.fuzz.draw import Draw
from lab.fuzz.target import Target, must
from redis_xcom import Queue
from redis_xcom.errors import BadArgument, RedisXComError
from redis_xcom.operators.arguments import one_of, payload_list, span, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable

EMPTY = [b"empty", 0, 0, 0, 0]
PUSHED = [b"pushed", 1, 0]
HANDED = [b"handed", b"7"]


class Nowhere:
    """A client that answers as an empty queue does, and keeps nothing."""

    def get_encoder(self) -> Any:
        from redis._parsers import Encoder

        return Encoder("utf-8", "strict", decode_responses=False)

    def execute_command(self, *command: Any) -> Any:
        encoder = self.get_encoder()
        for word in command:
            encoder.encode(word)
        # A push is told from a claim by what stands where a lease would.
        return self.reply

    reply: Any = EMPTY


class Arguments(Target):
    """An argument is taken, or refused by name; nothing else comes of it."""

    name = "arguments"
    share = 8
    seeds = (b"", *(bytes([n, *range(1, 50)]) for n in range(8)))

    def __init__(self) -> None:
        self._client = Nowhere()
        self._queue = Queue("orders", client=self._client)
        self._calls: tuple[Callable[[Draw], Any], ...] = (
            self._claim, self._drain, self._hand_over, self._push, self._push_id, self._build,
            _whole_number, _span, _one_of, _payloads, self._look,
        )  # fmt: skip

    def check(self, data: bytes) -> str:
        draw = Draw(data)
        call = draw.choice(self._calls)
        try:
            told = call(draw)
        except RedisXComError as error:
            must(isinstance(error, BadArgument), f"refused as {type(error).__name__}")
            str(error).encode()
            must(len(str(error)) < 20_000, "an error without end")
            return f"refused: {call.__name__} {str(error)[:12]}"
        return f"{call.__name__} {type(told).__name__}"

    def _claim(self, draw: Draw) -> Any:
        self._client.reply = EMPTY
        who = draw.value() if draw.byte() % 4 else "me"
        return self._queue.claim(
            _or(draw, 1), lease=_or(draw, timedelta(seconds=60)), claim_id=who,
            incarnation=_or(draw, "1"), owner=_or(draw, "o"), wait=_or(draw, None, draw.value()),
        )  # fmt: skip

    def _drain(self, draw: Draw) -> Any:
        self._client.reply = EMPTY
        drain = self._queue.drain(
            _or(draw, 1), lease=_or(draw, timedelta(seconds=60)), owner=_or(draw, "o"),
            claim_id=_or(draw, "me"), incarnation=_or(draw, "1"), max_items=_or(draw, None),
        )  # fmt: skip
        return list(drain)

    def _hand_over(self, draw: Draw) -> Any:
        self._client.reply = HANDED
        handle = self._queue.handle(_or(draw, "me"), _or(draw, 1))
        return handle.hand_over(
            _or(draw, 1), claim_id=_or(draw, "other"), incarnation=_or(draw, "1"),
            lease=_or(draw, timedelta(seconds=60)), owner=_or(draw, "o"),
        )  # fmt: skip

    def _push(self, draw: Draw) -> Any:
        self._client.reply = PUSHED
        return self._queue.push(
            draw.value(), push_id=_or(draw, None), dedup_id=_or(draw, None), by=_or(draw, None),
            delay=_or(draw, None), max_length=_or(draw, None),
            remember=_or(draw, timedelta(days=1)),
        )  # fmt: skip

    def _push_id(self, draw: Draw) -> Any:
        self._client.reply = PUSHED
        ids = [draw.value() for _ in range(draw.byte() % 4)]
        return self._queue.push_many(range(draw.byte() % 4), dedup_ids=ids)

    def _build(self, draw: Draw) -> Any:
        name = "orders" if draw.coin() else draw.value()
        return Queue(
            name, client=self._client, max_deliveries=_or(draw, 10), tag=_or(draw, None),
            max_payload_bytes=_or(draw, 1000), prefix=_or(draw, "xcom"),
        )  # fmt: skip

    def _look(self, draw: Draw) -> Any:
        self._client.reply = []
        return draw.choice((self._queue.peek, self._queue.dead))(draw.value())


def _or(draw: Draw, usual: Any, other: Any = None) -> Any:
    """The usual argument mostly, so that the others have their turn."""
    if draw.byte() % 4:
        return usual
    spans = (timedelta(0), timedelta(days=-1), timedelta.max, timedelta(microseconds=1))
    return draw.choice((draw.value(), draw.choice(spans), draw.text(), draw.number(), other))


def _whole_number(draw: Draw) -> Any:
    number = whole_number(_rendered(draw), "limit")
    must(isinstance(number, int) and number > 0, "no whole number above 0")
    return number


def _span(draw: Draw) -> Any:
    given = span(_rendered(draw), "lease")
    must(isinstance(given, timedelta), "no span")
    return given


def _one_of(draw: Draw) -> Any:
    chosen = one_of(draw.choice(("skip", draw.value())), "on_empty", ("skip", "fail"))
    must(chosen in ("skip", "fail"), "no choice")
    return chosen


def _payloads(draw: Draw) -> Any:
    found = payload_list(_rendered(draw))
    must(isinstance(found, list), "no list")
    return found


def _rendered(draw: Draw) -> Any:
    """A value, or the text that a template makes of one."""
    value = draw.value()
    kind = draw.byte() % 4
    if kind == 0:
        return "[" * draw.byte() * 20 + draw.text()
    try:
        return value if kind == 1 else str(value)
    except ValueError:  # longer than Python prints
        return value
