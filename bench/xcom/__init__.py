"""`make bench-xcom`: values pushed and pulled through Airflow's own backends and through ours."""
