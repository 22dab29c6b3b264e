"""``@task.claim`` and ``@task.drain``: a function that works what a queue hands it."""
