from __future__ import annotations

import pytest

from lab.proxy import Proxy


@pytest.fixture
def make_proxy(server):
    """A faulty way to the real server: `make_proxy(swallow=0.1)`."""
    running = []

    def make(target=None, **faults):
        running.append(Proxy((target or server).socket, **faults))
        return running[-1].__enter__()

    yield make
    for one in running:
        one.__exit__(None, None, None)


@pytest.fixture
def figures(record_property, request):
    """Keep what was counted: it stands in the terminal's summary."""

    def keep(line):
        record_property("figures", line)

    return keep


def pytest_terminal_summary(terminalreporter):
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.getreports(kind)]
    lines = [
        f"{report.nodeid.rpartition('/')[2]}: {value}"
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "figures" and report.when == "call"
    ]
    if lines:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(sorted(lines)))
