"""Which words the templates of a project hold, as names of what they may read."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.analysis.template_names import TemplateNames
from async_fix.codemods.engine.read.templates import templates_of

USES = ["from fastapi.templating import Jinja2Templates\n"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("templates/x.html", "<p>owner</p>{{ note.title|upper }}", {"note", "title", "upper"}),
        (
            "x.jinja2",
            "{% for tag in note\n.tags %}{% endfor %}",
            {"for", "tag", "in", "note", "tags", "endfor"},
        ),
        ("x.j2", "{{ note['text'] }}{# note.comments #}", {"note", "text"}),
        ("x.css", "{{ note.title }}", set()),
        ("node_modules/x.html", "{{ note.title }}", set()),
        ("x.html", "\xff\xfe", set()),
    ],
)
def test_words(tmp_path: Path, name: str, text: str, words: set[str]) -> None:
    target = tmp_path / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.encode("latin-1"))
    assert TemplateNames(templates_of(tmp_path, USES)).words == words


def test_texts_in_the_code_are_templates_too(tmp_path: Path) -> None:
    code = "from jinja2 import Template\nPAGE = Template('{{ note.title }}' '{# #}')\nA = f'{{note.text}}'\n"
    found = TemplateNames(
        templates_of(tmp_path, [code, "PART = '{% if tag %}'\n", "print '{{ note.old }}'\n"])
    )
    assert found.words == {"note", "title", "if", "tag"}


def test_no_module_fills_templates(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("{{ note.title }}")
    assert templates_of(tmp_path, ["from fastapi import FastAPI\n"]) == ()
