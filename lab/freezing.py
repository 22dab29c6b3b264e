"""Processes stopped where they stand."""

from __future__ import annotations

import os
import signal

import psutil

from lab.waiting import wait_until


def freeze(pid: int) -> None:
    """Stop a process; returns once it stands still."""
    os.kill(pid, signal.SIGSTOP)
    seen = psutil.Process(pid)
    wait_until(lambda: seen.status() == psutil.STATUS_STOPPED, "the process to freeze")


def thaw(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)
