"""Where RedisXCom differs from Airflow's own backend, each case with its reason. Nowhere else."""

from __future__ import annotations

EXACT = "a store keeps what the way into the database changes"
ABLE = "a store keeps what the way into the database refuses"
SHOWN = "a reference stands in the database"
GONE = "what is lost is told"

KNOWN = {
    "values/1.0": EXACT,
    "values/-0.0": EXACT,
    "values/2**63": EXACT,
    "values/2**64": ABLE,
    "values/10**30": ABLE,
    "values/nan": ABLE,
    "values/inf": ABLE,
    "values/-inf inside": ABLE,
    "values/a lone surrogate": ABLE,
    "api/an offloaded value, raw": SHOWN,
    "api/an offloaded value, deserialised": SHOWN,
    "api/an offloaded value, as text": SHOWN,
    "changed/its objects gone: the output": GONE,
    "changed/its objects gone: a key": GONE,
}
