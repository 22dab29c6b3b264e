"""Thousands of items pushed at once to queues that call DAGs, while triggerers are struck."""
