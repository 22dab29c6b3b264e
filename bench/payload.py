"""What is pushed: an order whose JSON has 200 bytes."""

from __future__ import annotations

import json

ORDER = {
    "order": 7,
    "customer": "Jane Doe",
    "items": [{"sku": "A-1", "qty": 2}, {"sku": "B-2", "qty": 1}],
    "total": 12.5,
    "note": "x" * 90,
}
ENCODED = json.dumps(ORDER, separators=(",", ":")).encode()
assert len(ENCODED) == 200
