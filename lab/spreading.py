"""Which tests go to one worker of pytest-xdist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

TOGETHER = ("tests/e2e/", "tests/xcom_e2e/")
"""The tests of each folder share an Airflow, which takes long to start."""


class BySharing(LoadScopeScheduling):
    """A file stays whole, for what its tests share; what shares an Airflow stays together.

    What shares one is handed out first, to a worker each; the files fill up what is left.
    """

    def _assign_work_unit(self, node: WorkerController) -> None:
        for folder in TOGETHER:
            if folder in self.workqueue:
                self.workqueue.move_to_end(folder, last=False)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        folder = next((each for each in TOGETHER if nodeid.startswith(each)), None)
        return folder or nodeid.partition("::")[0]
