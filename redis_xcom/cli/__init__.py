"""The command `redis-xcom`: what a person does to a queue, at a terminal or in a script."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run it; without the extra `[cli]`, tell how to get it."""
    try:
        from redis_xcom.cli.root import run
    except ModuleNotFoundError as missing:
        if missing.name not in {"click", "rich"}:
            raise
        sys.stderr.write("redis-xcom needs its extra: pip install 'redis-xcom[cli]'\n")
        sys.exit(2)
    sys.exit(run(sys.argv[1:]))
