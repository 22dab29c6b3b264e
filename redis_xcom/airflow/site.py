"""What the API server serves of ours, built when it is first asked for: tasks load plugins, too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeAlias

    Message: TypeAlias = MutableMapping[str, Any]
    Asgi: TypeAlias = Callable[
        [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
        Awaitable[None],
    ]


class Site:
    """An ASGI application that imports the web framework at its first request."""

    def __init__(self) -> None:
        self._built: Asgi | None = None

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if self._built is None:
            from redis_xcom.airflow.pages import build

            self._built = build()
        await self._built(scope, receive, send)
