"""The page of a queue: read only, behind Airflow's own login, never waiting long for Redis."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_view
from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment, StrictUndefined

from redis_xcom.airflow.glance import Glance, Place, no_answer
from redis_xcom.outlook import QUIET
from redis_xcom.wording import span

if TYPE_CHECKING:
    from jinja2 import Template

SECONDS = 2.5
"""How long a reader waits for Redis; the API server itself never does."""

LOOKERS = ThreadPoolExecutor(8, thread_name_prefix="redis-xcom-page")
"""Few: while Redis hangs, further readers are told so without a thread of their own."""

MOST_QUEUES = 10

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def build() -> FastAPI:
    """Return the application. Whoever may see Airflow's plugins may see it."""
    site = FastAPI(title="redis-xcom", openapi_url=None)
    may_see = Depends(requires_access_view(AccessView.PLUGINS))
    site.get("/queues/{names}", dependencies=[may_see])(queue_page)
    return site


async def queue_page(
    names: str,
    user: GetUserDep,
    redis_conn_id: str = "redis_default",
    prefix: str = "xcom",
    tag: str | None = None,
) -> HTMLResponse:
    """Show each of the queues, whose names stand apart by commas."""

    def may_read(dags: set[str]) -> set[str]:
        return get_auth_manager().filter_authorized_dag_ids(dag_ids=dags, user=user)

    place = Place(redis_conn_id, prefix, tag)
    wanted = names.split(",")[:MOST_QUEUES]
    glances = await _within_seconds(place, wanted, may_read)
    page = _template().render(glances=glances, place=place, quiet=QUIET)
    return HTMLResponse(page, max(glance.status for glance in glances), HEADERS)


async def _within_seconds(place: Place, names: list[str], may_read: Any) -> list[Glance]:
    looking = asyncio.get_running_loop().run_in_executor(LOOKERS, place.glances, names, may_read)
    try:
        return await asyncio.wait_for(looking, SECONDS)
    except (TimeoutError, asyncio.TimeoutError):
        return [no_answer(name) for name in names]


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters["span"] = span
    return environment.from_string(files(__package__).joinpath("queue.html").read_text("utf-8"))
