"""The public API as a type checker sees it, from the wheel alone."""

import os
import subprocess
import sys


def test_the_typed_sample_of_the_public_api_checks_strictly(root, site, tmp_path):
    check = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-version=3.10"]
    done = subprocess.run(
        [*check, f"--cache-dir={root}/.mypy_cache/api", root / "tests/typing/api.py"],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": str(site)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
