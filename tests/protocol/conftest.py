from __future__ import annotations

import os
import shutil

import pytest

from lab.protocol.search import COMPILERS


@pytest.fixture(autouse=True, scope="session")
def searched(needs):
    """What searches the model is there."""
    needs(shutil.which("spin"), "spin")
    needs(any(map(shutil.which, COMPILERS)), "a C compiler")


@pytest.fixture
def seed():
    """Of the walks."""
    return int(os.environ.get("WALK_SEED", "2026"))
