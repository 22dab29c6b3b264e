"""A Redis Cluster on loopback, and the ways to move one of its slots."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from redis.cluster import RedisCluster

from lab.ports import free_port
from lab.waiting import wait_until
from redis_xcom.embedded import EmbeddedServer

if TYPE_CHECKING:
    from types import TracebackType

    from redis import Redis

SLOTS = 16_384
LONGEST_PAUSE = 0.5


class Node:
    """One primary."""

    def __init__(self, server: str) -> None:
        self.port = free_port()
        settings = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "cluster-enabled": "yes",
            "cluster-port": str(free_port()),
            "cluster-node-timeout": "10000",
            "repl-diskless-sync-delay": "0",
        }
        self.bus_port = settings["cluster-port"]
        self.server = EmbeddedServer(server=server, settings=settings)

    def start(self) -> None:
        self.server.start()
        self.client: Redis = self.server.client()
        self.id: str = self.ask("MYID").decode()

    def ask(self, *words: object) -> Any:
        """Send one of the CLUSTER commands; return its answer as it came."""
        return self.client.execute_command("CLUSTER", *words)

    def sees(self, nodes: int) -> bool:
        told = self.client.execute_command("CLUSTER INFO")
        return told["cluster_state"] == "ok" and int(told["cluster_known_nodes"]) == nodes

    def has_replica(self) -> bool:
        return self.client.info("replication")["connected_slaves"] == 1

    def stop(self) -> None:
        self.client.close()
        self.server.remove()


class Cluster:
    """Lives as long as its `with` block; its primaries hold the same number of slots at first.

    :param replicated: each primary has a replica.
    """

    def __init__(self, *, server: str, primaries: int = 3, replicated: bool = False) -> None:
        self.nodes = [Node(server) for _ in range(primaries)]
        self.replicas = [Node(server) for _ in self.nodes] if replicated else []
        self.owners: dict[int, Node] = {}
        """Who has a slot that was moved."""
        self._running = ExitStack()

    def __enter__(self) -> Cluster:
        everyone = [*self.nodes, *self.replicas]
        for number, node in enumerate(everyone):
            node.start()
            self._running.callback(node.stop)
            node.ask("SET-CONFIG-EPOCH", number + 1)
            if number:
                node.ask("MEET", "127.0.0.1", everyone[0].port, everyone[0].bus_port)
        bounds = [SLOTS * n // len(self.nodes) for n in range(len(self.nodes) + 1)]
        for number, node in enumerate(self.nodes):
            node.ask("ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
        wait_until(lambda: all(node.sees(len(everyone)) for node in everyone), "the Cluster")
        for node, replica in zip(self.nodes, self.replicas, strict=False):
            replica.ask("REPLICATE", node.id)
            wait_until(node.has_replica, "the replica")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    def client(self) -> RedisCluster:
        return RedisCluster(host="127.0.0.1", port=self.nodes[0].port)

    def owner(self, slot: int) -> Node:
        return self.owners.get(slot, self.nodes[slot * len(self.nodes) // SLOTS])

    def next_owner(self, slot: int) -> Node:
        place = self.nodes.index(self.owner(slot))
        return self.nodes[(place + 1) % len(self.nodes)]

    def move_key_by_key(self, slot: int, dice: random.Random) -> None:
        """As redis-cli does, but slower: one key a MIGRATE, with pauses in between."""
        source, target = self.owner(slot), self.next_owner(slot)
        target.ask("SETSLOT", slot, "IMPORTING", source.id)
        source.ask("SETSLOT", slot, "MIGRATING", target.id)
        while keys := source.ask("GETKEYSINSLOT", slot, 1):
            time.sleep(dice.uniform(0, LONGEST_PAUSE))
            migrate = ("MIGRATE", "127.0.0.1", target.port, "", 0, 30_000, "KEYS", *keys)
            source.client.execute_command(*migrate)
        for node in (target, source, *self.nodes):
            node.ask("SETSLOT", slot, "NODE", target.id)
        self.owners[slot] = target

    def move_at_once(self, slot: int, _: random.Random) -> None:
        """Valkey 9's own migration: the slot is copied while used, and changes hands whole."""
        source, target = self.owner(slot), self.next_owner(slot)
        source.ask("MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", target.id)
        wait_until(lambda: _has_moved(source), "the slot to move", every=0.005)
        self.owners[slot] = target

    def can_move_at_once(self) -> bool:
        return any(b"MIGRATESLOTS" in line for line in self.nodes[0].ask("HELP"))


def _has_moved(source: Node) -> bool:
    jobs = [dict(zip(job[::2], job[1::2], strict=True)) for job in source.ask("GETSLOTMIGRATIONS")]
    states = {job[b"state"] for job in jobs}
    if states & {b"failed", b"cancelled"}:
        raise RuntimeError(f"the slot was not moved: {jobs}")
    return states == {b"success"}
