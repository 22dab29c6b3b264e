"""Tasks read what others have pushed before the backend was switched on, or off."""

from __future__ import annotations

from lab.airflow_rows import xcom_row


def test_values_in_flight_are_read_whether_it_is_switched_on_or_off(start):
    run = start("switching")
    assert run.wait() == "success", run.log("pull")
    assert run.output("push") == ["RedisXCom", "BaseXCom"]
    assert "uri" in xcom_row(run, "push", key="switched on")["__data__"]
    assert len(xcom_row(run, "push", key="switched off")["rows"]) == 200
    assert run.output("pull") == {"on": [True, True], "off": [True, True]}
