"""What must hold of every queue at any moment, and that nothing else lies on the server."""

from __future__ import annotations

from typing import Any

from redis_xcom.doctor import examine_queue, examine_strays
from redis_xcom.survey import find_queues


def find_leaks(client: Any) -> list[str]:
    """Return what is wrong with the queues on this server, a sentence each."""
    survey = find_queues(client, "*")
    for key in [key for key in survey.strays if key.startswith("history:")]:
        del survey.strays[key]
    found = examine_strays(survey) or [
        ailment for keys in survey.queues for ailment in examine_queue(client, keys)
    ]
    return [f"{ailment.where}: {ailment.what}" for ailment in found]
