"""`make bench-airflow`: a queue drained by tasks, beside a task for each item."""
