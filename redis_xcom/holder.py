"""Who holds: where to speak, as whom, under which terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redis_xcom.handle import ClaimHandle

if TYPE_CHECKING:
    from redis_xcom.claimant import Claimant, Claimants
    from redis_xcom.heartbeat import Heartbeat
    from redis_xcom.life import Life
    from redis_xcom.scripts import Scripts


@dataclass
class Holder:
    """What a claim needs of its queue."""

    scripts: Scripts
    lifeline: Scripts  # for the heartbeat's thread
    claimant: Claimant
    claimants: Claimants | None  # where the claim id goes when settled; None: it is kept
    heartbeat: Heartbeat
    life: Life
    owner: str
    lease_ms: int
    max_deliveries: int

    @property
    def lease_seconds(self) -> float:
        return self.lease_ms / 1000

    def handle(self, generation: int) -> ClaimHandle:
        return ClaimHandle(
            self.scripts, self.claimant.claim_id, generation, max_deliveries=self.max_deliveries
        )

    def leave(self) -> None:
        if self.claimants is not None:
            self.claimants.give_back(self.claimant)
