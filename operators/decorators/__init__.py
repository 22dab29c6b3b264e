"""``@task.claim``, ``@task.claimed`` and ``@task.drain``: a function gets what a queue has."""
