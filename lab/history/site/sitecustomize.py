"""Python runs this at its start where this folder is on the path: every process is witnessed."""

import os

if os.environ.get("REDIS_XCOM_WITNESS"):
    from lab.history import witness

    witness.install()
