"""Which tests go to one worker of pytest-xdist."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

TOGETHER = "tests/e2e/"
"""They share an Airflow, which takes long to start."""


class BySharing(LoadScopeScheduling):
    """A file stays whole, for what its tests share; what shares the Airflow stays together."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else nodeid.partition("::")[0]
