"""Each region's orders are shipped by a DAG run of its own, which reads what it was handed.

`collect_orders` triggers a run of `ship_orders` for each region and hands it two of its XComs. The
run's conf names its region, and holds a handle that only this very run can redeem: it is small
however many orders there are, and whoever copies it has nothing. What else `collect_orders` has
computed is not read through it.
"""

from airflow.sdk import dag, get_current_context, task

from redis_xcom.operators import TriggerDagRunWithXComsOperator, handed_xcoms

ORDERS = [
    {"order": 1, "region": "north", "weight": 2.0},
    {"order": 2, "region": "south", "weight": 0.5},
    {"order": 3, "region": "north", "weight": 1.0},
]


@dag(schedule=None)
def collect_orders() -> None:
    @task
    def collect() -> list[dict]:
        return ORDERS

    @task
    def look_up_rates() -> dict[str, float]:
        return {"north": 4.0, "south": 6.0}

    TriggerDagRunWithXComsOperator.partial(
        task_id="ship",
        trigger_dag_id="ship_orders",
        xcoms={"orders": collect(), "rates": look_up_rates()},
    ).expand(conf=[{"region": "north"}, {"region": "south"}])


@dag(schedule=None)
def ship_orders() -> None:
    @task
    def ship() -> dict[str, float]:
        region, handed = get_current_context()["dag_run"].conf["region"], handed_xcoms()
        rate = handed["rates"][region]
        mine = [order for order in handed["orders"] if order["region"] == region]
        return {str(order["order"]): rate * order["weight"] for order in mine}

    ship()


collect_orders()
ship_orders()
