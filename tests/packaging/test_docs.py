"""What a user reads: names say what they do, and what the pages name is there."""

import re
from pathlib import Path

import pytest

import redis_xcom
import redis_xcom.operators

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
EXPORTED = [
    getattr(package, name)
    for package in (redis_xcom, redis_xcom.operators)
    for name in package.__all__
]


@pytest.mark.parametrize("thing", EXPORTED, ids=lambda thing: thing.__name__)
def test_every_exported_name_says_what_it_does(thing):
    said = thing.__doc__ or ""
    first = said.strip().partition("\n")[0]
    assert first.endswith((".", ":"))
    if isinstance(thing, type):
        assert first != (thing.__base__.__doc__ or "").strip().partition("\n")[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_command_and_page_that_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    tests = set(re.findall(r"`(tests/[\w./]+)`", text))
    links = {link for link in re.findall(r"\]\(([\w./-]+)\)", text) if "://" not in link}
    commands = set(re.findall(r"`make ([a-z][a-z-]*)", text))
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {test for test in tests if not (ROOT / test).exists()} == set()
    assert {link for link in links if not (page.parent / link).exists()} == set()
    assert commands - made == set()


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_section_that_a_page_links_to_is_there(page):
    text = page.read_text(encoding="utf-8")
    links = set(re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", text))
    gone = {
        f"{name}#{anchor}"
        for name, anchor in links
        if anchor not in anchors(page.parent / name if name else page)
    }
    assert gone == set()


def test_the_table_of_promises_names_what_holds_each():
    _, _, table = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8").rpartition("## ")
    rows = [row for row in table.splitlines() if row.startswith("| ") and "held by" not in row]
    assert len(rows) > 15
    for row in rows:
        _, _, held_by, *_ = row.split("|")
        assert "`tests/" in held_by or "`make " in held_by, row
