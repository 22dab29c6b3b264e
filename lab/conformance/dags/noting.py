"""What a task saw goes into a file: not into an XCom, for those are what is looked at."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

NOTES = "CONFORMANCE_NOTES"
"""The file, one JSON object a line."""

STORE = "CONFORMANCE_STORE"
"""Where values are offloaded to: a url that ends differently on every machine."""

PLANTED = "planted.json"
"""A file there that no XCom has written."""

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SHOWN = 160


def note(case: str, value: Any) -> None:
    """Write down what a value looks like from where the task stands."""
    line = json.dumps({"case": case, "saw": described(value)}) + "\n"
    with Path(os.environ[NOTES]).open("a", encoding="utf-8") as notes:
        notes.write(line)  # below a page: lines of several tasks do not mix


def note_what(case: str, happens: Callable[[], Any]) -> None:
    """Write down what it answers, or that it is refused: in which words is up to who refuses."""
    try:
        seen = happens()
    except Exception:
        note(case, REFUSED)
    else:
        note(case, seen)


class _Refused:
    """Stands for a value that could not be pushed or pulled."""

    def __repr__(self) -> str:
        return "refused"


REFUSED = _Refused()


def described(value: Any) -> str:
    """Answer type and content, the same on every machine and in every run."""
    text = _text(value)
    if store := os.environ.get(STORE):
        text = re.sub(f"{re.escape(store)}.*{UUID}", "<store>/<name>", text).replace(
            store, "<store>"
        )
    return text if len(text) <= SHOWN else f"{text[:40]}… {len(text)} {crc32(text.encode()):08x}"


def _text(value: Any) -> str:
    if isinstance(value, dict) and type(value) is dict:
        return f"{{{', '.join(f'{key!r}: {_text(each)}' for key, each in value.items())}}}"
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}({sorted(map(_text, value))})"
    if type(value) in {list, tuple}:
        inside = ", ".join(map(_text, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if hasattr(value, "to_dict") and hasattr(value, "dtypes"):
        return f"DataFrame({value.to_dict('list')}, {value.dtypes.astype(str).to_dict()})"
    if isinstance(value, str):
        return ascii(value)
    return repr(value)
