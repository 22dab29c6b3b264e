"""Trigger a DAG run that may read chosen XComs of this one."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

from redis_xcom.errors import BadArgument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow.sdk import Context
    from airflow.sdk.definitions.xcom_arg import XComArg


class TriggerDagRunWithXComsOperator(TriggerDagRunOperator):
    """Trigger a DAG run and hand it XComs of this run, as one opaque handle in its conf.

    In the run that is triggered, `handed_xcoms` redeems the handle: it has the values by their
    names, loaded when they are asked for. No other run can redeem it, and no other XCom of this
    run is read through it. The handle holds no values: where an XCom is pushed anew, the run that
    is triggered reads the new one.

    Without ``trigger_run_id`` the run's id names this task and its intent. So a retry finds the
    run that an earlier try has created, and goes on from there; clearing this task, or its run,
    means another run. With ``reset_dag_run`` such a retry clears the run if it has failed. Where
    ``trigger_run_id`` is given and a run of that id was not created by an earlier try, Airflow's
    rules hold: fail, or ``skip_when_already_exists``, or ``reset_dag_run``, which keeps the run's
    first conf, and with it the handle in it. (Before Airflow 3.2 a task is not told a run's conf:
    a given id then counts as somebody else's.)

    Returns the run's id.

    :param xcoms: by name, or in a list, what is handed on: another task's ``output``, a task's
        id for its return value, or its id and a key. In a list the name is the key, or the task's
        id for a return value. A mapped task's values come as a list.
    :param ttl: how long, as timedelta or in seconds, the handle can be redeemed, the time that the
        run waits and its later clears included; by default as long as values are kept,
        ``[redis_xcom] xcom_ttl``. (templated)
    """

    template_fields: Sequence[str] = (*TriggerDagRunOperator.template_fields, "xcoms", "ttl")

    def __init__(
        self,
        *,
        xcoms: Mapping[str, Any] | Sequence[Any] | XComArg,
        ttl: timedelta | float | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.xcoms: Any = xcoms
        self.ttl = ttl

    def _do_render_template_fields(
        self, parent: Any, template_fields: Iterable[str], context: Context, *how: Any, **more: Any
    ) -> None:
        # Rendered as any other field the XComs would be loaded, and shown.
        from redis_xcom.airflow.xcom.chosen import choose

        others = [field for field in template_fields if field != "xcoms"]
        super()._do_render_template_fields(parent, others, context, *how, **more)
        parent.xcoms = choose(parent.xcoms, context["ti"])

    def execute(self, context: Context) -> Any:
        """Hand, create the run or find it there, and wait for it if that is asked for."""
        from redis_xcom.airflow.compat import run_to_trigger
        from redis_xcom.airflow.identity import push_id
        from redis_xcom.airflow.runs import child_run_id_of

        ti: Any = context["ti"]
        intent, given = push_id(context), bool(self.trigger_run_id)
        if not given:
            where = (ti.dag_id, ti.task_id, ti.map_index)
            self.trigger_run_id = child_run_id_of(intent, *where)
        self._hand(intent)
        try:
            super().execute(context)
        except run_to_trigger() as run:
            self._trigger(run, ti, intent if given else None)
        return self._waited_for(ti)

    def execute_complete(self, context: Context, event: Any) -> Any:
        """Judge the run that the trigger has waited for."""
        super().execute_complete(context, event)
        return self.trigger_run_id

    def _hand(self, intent: str) -> None:
        from redis_xcom.airflow.xcom.handed import CONF, hand, lifetime

        given: Any = self.conf or {}
        conf = json.loads(given) if isinstance(given, str) else given
        if not isinstance(conf, dict):
            raise BadArgument(f"conf is a {type(conf).__name__}, not an object")
        if CONF in conf:
            raise BadArgument(f"conf has {CONF!r}, where the handle of the XComs is to stand")
        handle = hand(
            self.xcoms,
            dag_id=self.trigger_dag_id,
            run_id=str(self.trigger_run_id),
            by=intent,
            ttl=lifetime(self.ttl),
        )
        self.conf = conf | {CONF: handle}
        self.log.info("Handed on to run %s: %s", self.trigger_run_id, self.xcoms)

    def _trigger(self, run: Any, ti: Any, intent: str | None) -> None:
        from redis_xcom.airflow.compat import fail_for_good, skip

        if self._create(run):
            self.log.info("Triggered run %s of %s", run.dag_run_id, run.trigger_dag_id)
        elif self._is_ours(ti, intent):
            self.log.info("An earlier try has triggered run %s", run.dag_run_id)
            if self.reset_dag_run and self._state(ti) in self.failed_states:
                self._create(run, reset_dag_run=True)
        elif self.reset_dag_run:
            self._create(run, reset_dag_run=True)
        else:
            told = f"{run.trigger_dag_id} has a run {run.dag_run_id}, or one of its logical date"
            raise (skip if self.skip_when_already_exists else fail_for_good)(told)
        ti.xcom_push(key="trigger_run_id", value=run.dag_run_id)  # Airflow's link leads there

    def _create(self, run: Any, *, reset_dag_run: bool = False) -> bool:
        from redis_xcom.airflow.runs import create_run

        return create_run(
            run.trigger_dag_id,
            run.dag_run_id,
            run.conf,
            logical_date=run.logical_date,
            run_after=getattr(run, "run_after", None),
            note=getattr(run, "note", None),
            reset_dag_run=reset_dag_run,
        )

    def _is_ours(self, ti: Any, intent: str | None) -> bool:
        """Whether an earlier try has created the run; a derived id alone says so."""
        from redis_xcom.airflow.runs import conf_of, is_there
        from redis_xcom.airflow.xcom.handed import CONF, handed_by

        where = (self.trigger_dag_id, str(self.trigger_run_id))
        if not is_there(ti, *where):
            return False
        return intent is None or handed_by(conf_of(*where).get(CONF)) == intent

    def _waited_for(self, ti: Any) -> Any:
        from redis_xcom.airflow.runs import RunFailed

        if self.wait_for_completion and self.deferrable:
            self._defer()
        while self.wait_for_completion and (state := self._state(ti)) not in self.allowed_states:
            if state in self.failed_states:
                raise RunFailed(f"run {self.trigger_run_id} of {self.trigger_dag_id} is {state}")
            time.sleep(self.poke_interval)
        return self.trigger_run_id

    def _defer(self) -> None:
        from airflow.providers.standard.triggers.external_task import DagStateTrigger

        trigger = DagStateTrigger(
            dag_id=self.trigger_dag_id,
            states=[*self.allowed_states, *self.failed_states],
            run_ids=[str(self.trigger_run_id)],
            poll_interval=self.poke_interval,
        )
        self.defer(trigger=trigger, method_name="execute_complete")

    def _state(self, ti: Any) -> str:
        state = ti.get_dagrun_state(dag_id=self.trigger_dag_id, run_id=str(self.trigger_run_id))
        return str(getattr(state, "value", state))
