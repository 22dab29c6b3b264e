"""XComs in templates and in arguments, the text kind and the native kind."""

from __future__ import annotations

from airflow.sdk import BaseOperator, XComArg, dag, task
from noting import note

DATA = {"rows": list(range(100)), "name": "Ada", "deep": {"a": [1, {"b": "c"}]}}


class Noting(BaseOperator):
    """Notes what its fields were rendered to."""

    template_fields = ("fields",)

    def __init__(self, *, fields, prefix="", **kwargs):
        super().__init__(**kwargs)
        self.fields = fields
        self.prefix = prefix

    def execute(self, context):  # noqa: ARG002 - an operator's
        for name, value in self.fields.items():
            note(f"templates/{self.prefix}{name}", value)


def fields(data):
    return {
        "a pull": "{{ ti.xcom_pull(task_ids='data') }}",
        "a part of a pull": "{{ ti.xcom_pull(task_ids='data')['rows'][-1] }}",
        "a pull with text around": "<{{ ti.xcom_pull(task_ids='data', key='name') }}>",
        "a pull of nothing": "{{ ti.xcom_pull(task_ids='data', key='no such key') }}",
        "a filter": "{{ ti.xcom_pull(task_ids='data')['rows'] | length }}",
        "several pulls": "{{ ti.xcom_pull(task_ids=['data', 'pair']) | length }}",
        "a tuple": "{{ ti.xcom_pull(task_ids='pair') }}",
        "an argument": data,
        "arguments, nested": {"in": [data["name"], (data["deep"], 1)]},
        "an argument as text": f"{data['name']}!",
        "a key of it": XComArg(data.operator, key="name"),
    }


def tasks(prefix):
    @task(multiple_outputs=True)
    def data():
        return DATA

    @task
    def pair():
        return (1, "x" * 300)

    @task
    def called(whole, *parts, text="{{ ti.xcom_pull(task_ids='data', key='name') }}"):
        note(f"templates/{prefix}a call", [whole, *parts, text])

    made = data()
    pair() >> Noting(task_id="see", fields=fields(made), prefix=prefix)
    called(made, made["rows"], [made["name"]])


@dag(schedule=None)
def conformance_templates():
    tasks("")


@dag(schedule=None, render_template_as_native_obj=True)
def conformance_native():
    tasks("native, ")


conformance_templates()
conformance_native()
