"""A storm inside a real Airflow: items through DAGs while tasks and components are killed."""
