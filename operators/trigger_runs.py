"""Start a DAG run for each item of a queue."""

from __future__ import annotations

from contextlib import closing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis_xcom.errors import ClaimLost

from .arguments import one_of, span, whole_number
from .claiming import ON_EMPTY, ClaimingOperator
from .handles import ITEM, ITEMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

    from redis_xcom import Claim, Item, Queue


class TriggerDagRunPerItemOperator(ClaimingOperator):
    """Claim items and start a DAG run for each of them, or for every few.

    Each run has its items from the moment they are claimed for it: they are handed over to the
    run before it is created, in one step. Its conf holds no payload but a handle, ``item``, or
    ``items`` with ``per_run`` above 1. A task of the run that is decorated with ``@task.claimed``
    takes the item over and acknowledges it with its success. What no task has taken when the run
    ends goes back to the queue.

    A run's id names queue, item and the generation that it was claimed under, so one delivery of
    an item never starts two runs; one that exists already counts as started. A kill between
    hand-over and creation leaves a claim whose run is unknown: it goes back, and is started anew
    under another id.

    Returns the ids of the runs.

    :param trigger_dag_id: the DAG to run. (templated)
    :param per_run: how many items each run gets; the last one gets what is left. (templated)
    :param hold: how long, as timedelta or in seconds, a run has its items at most, the time that
        it waits to be started included. (templated)
    :param on_empty: with nothing to claim, ``skip`` the task, ``fail`` it, or ``return`` ``[]``.
    """

    template_fields: Sequence[str] = (
        *ClaimingOperator.template_fields,
        "trigger_dag_id",
        "per_run",
        "hold",
    )

    def __init__(
        self,
        *,
        trigger_dag_id: str,
        per_run: int | str = 1,
        hold: timedelta | float | str = timedelta(days=1),
        on_empty: str = "skip",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.trigger_dag_id = trigger_dag_id
        self.per_run = per_run
        self.hold = hold
        self.on_empty = one_of(on_empty, "on_empty", ON_EMPTY)

    def execute(self, context: Context) -> list[str]:
        """Claim, then hand over and start run by run; what is not begun stays with this task."""
        ti: Any = context["ti"]
        size, _ = whole_number(self.per_run, "per_run"), span(self.hold, "hold")
        client, queue = self._connect(max_deliveries=self.max_deliveries)
        claim = self._claim(queue, ti)
        if not claim:
            with closing(client):
                self._tell_nothing(claim, self.on_empty)
            return []
        self._hold(client, claim, ti)
        batches = [claim.items[i : i + size] for i in range(0, len(claim), size)]
        source = self._source(queue, claim)
        return [self._start(source, claim, items) for items in batches]

    def _start(self, queue: Queue, claim: Claim, items: Sequence[Item]) -> str:
        from redis_xcom.airflow.identity import run_path
        from redis_xcom.airflow.mention import mention
        from redis_xcom.airflow.runs import RunRefused, create_run, run_id_of

        run_id = run_id_of(queue.name, items[0].id, claim.generation)
        claim_id = run_path(self.trigger_dag_id, run_id)
        # For as short as a task's claim: should this process end now, nobody answers for it.
        generation = claim.hand_over(
            *items,
            claim_id=claim_id,
            incarnation=claim.incarnation,
            lease=self._lease(),
            owner=f"{self.trigger_dag_id} {run_id}",
        )
        conf = self._conf(claim, items, claim_id, generation)
        handed = queue.handle(claim_id, generation)
        try:
            new = create_run(self.trigger_dag_id, run_id, conf)
        except RunRefused:
            handed.release()
            raise
        with suppress(ClaimLost):  # a task of the run was faster and has it already
            handed.extend(span(self.hold, "hold"))
        self.log.info(
            "%s run %s of %s: %s",
            "Started" if new else "There was already",
            run_id,
            self.trigger_dag_id,
            mention(queue.name, handed, len(items)),
        )
        return run_id

    def _conf(self, claim: Claim, items: Sequence[Item], claim_id: str, generation: int) -> Any:
        from .handles import item_handles

        handles = [
            handle | {"claim_id": claim_id, "generation": generation, "place": place}
            for place, handle in enumerate(item_handles(claim, items, self.redis_conn_id), start=1)
        ]
        return {ITEMS: handles} if whole_number(self.per_run, "per_run") > 1 else {ITEM: handles[0]}
