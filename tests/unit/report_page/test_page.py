"""What all pages have in common, on a page of one line."""

import base64
import hashlib
import re
from pathlib import Path

import jinja2
import pytest

import report_page
from report_page.page import LONGEST_EXTRACT


def page(folder: Path, template: str, **values: object) -> str:
    """What the template's body becomes."""
    (folder / "report.css").write_text("h1 { color: red; }\n", encoding="utf-8")
    (folder / "report.html.jinja").write_text(
        f'{{% extends "page.html.jinja" %}}{{% block body %}}[{template}]{{% endblock %}}',
        encoding="utf-8",
    )
    return report_page.render(folder, **values)


def body(folder: Path, template: str, **values: object) -> str:
    found = re.search(r"<body>\s*\[(.*)\]\s*</body>", page(folder, template, **values), re.DOTALL)
    assert found
    return found[1]


def test_text_never_becomes_markup(tmp_path: Path) -> None:
    assert body(tmp_path, "{{ text }}", text="<script>&") == "&lt;script&gt;&amp;"


@pytest.mark.parametrize("unseen", ["\x00", "\x1b", "\u200f", "\u202e", "\ud800"])
def test_characters_that_hide_or_reorder_are_shown(tmp_path: Path, unseen: str) -> None:
    assert body(tmp_path, "{{ text|seen }}", text=f"a{unseen}b") == f"a‹U+{ord(unseen):04X}›b"


@pytest.mark.parametrize(("letters", "end"), [(LONGEST_EXTRACT, "a"), (LONGEST_EXTRACT + 1, "a …")])
def test_extract_has_at_most_600_characters(tmp_path: Path, letters: int, end: str) -> None:
    shown = body(tmp_path, "{{ text|extract }}", text="a" * letters)

    assert shown.count("a") == LONGEST_EXTRACT
    assert shown.endswith(end)


@pytest.mark.parametrize(
    ("template", "shown"), [("{{ 1234|number }}", "1,234"), ("{{ 0.1234|percent }}", "12.3 %")]
)
def test_numbers_are_written_for_people(tmp_path: Path, template: str, shown: str) -> None:
    assert body(tmp_path, template) == shown


def test_value_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(jinja2.UndefinedError):
        page(tmp_path, "{{ absent }}")


def test_policy_allows_the_pages_own_style_alone(tmp_path: Path) -> None:
    made = page(tmp_path, "")
    style = re.search(r"<style>(.*)</style>", made, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    assert f"default-src 'none'; style-src 'sha256-{digest}';" in made


def test_own_style_comes_after_the_common_one(tmp_path: Path) -> None:
    made = page(tmp_path, "")

    assert 0 < made.index("h1 { margin") < made.index("h1 { color: red; }")
