"""What templates read of what they are given under a name."""

from __future__ import annotations

import pytest
from async_fix.codemods.analysis.template_names import TemplateNames
from async_fix.codemods.model import Template


def names_of(*texts: str, **files: str) -> TemplateNames:
    written = [Template(text) for text in texts]
    return TemplateNames((*written, *(Template(text, f"x/{name}.html") for name, text in files.items())))


READ = {
    "of the name": ("{{ note.title }}{{ user.name }}", {"title"}),
    "of an attribute": ("{{ user.note.title }}{{ user.name }}", {"title"}),
    "of a key": ("{{ user['note']['title'] }}", {"title"}),
    "of each": ("{% for each in note %}{{ each.title }}{{ other.name }}{% endfor %}", {"title"}),
    "of each of each": (
        "{% for a in note|sort(attribute='day') %}{% for b in a %}{{ b.x }}{% endfor %}{% endfor %}",
        {"day", "x"},
    ),
    "of the first": ("{{ note[0].title }}{{ (note|first).text }}", {"title", "text"}),
    "of pairs": ("{% for key, each in note.items() %}{{ each.title }}{% endfor %}", {"items", "title"}),
    "of one of two": ("{{ (note or other).title }}{{ (note if a.b else other).text }}", {"title", "text"}),
    "of another name": (
        "{% set it = note %}{{ it.title }}{% with that = it %}{{ that.text }}{% endwith %}",
        {"title", "text"},
    ),
    "by a filter": ("{{ note|selectattr('owner.admin')|map(attribute='title')|list }}", {"owner", "title"}),
    "by a method": ("{% if note.is_new(user.id) %}{% endif %}", {"is_new"}),
    "of each below it": (
        "{% for a in note recursive %}{{ a.title }}{{ loop(a.parts) }}{% endfor %}",
        {"title", "parts"},
    ),
    "in a macro": ("{% macro card(it) %}{{ it.title }}{% endmacro %}{{ card(note) }}", {"title"}),
    "in a macro, by name": (
        "{% macro card(a, it) %}{{ it.title }}{{ a.x }}{% endmacro %}{{ card(it=note) }}",
        {"title"},
    ),
    "in a macro of another name": (
        "{% from 'x' import card as show %}{% macro card(it) %}{{ it.title }}{% endmacro %}{{ show(note) }}",
        {"title"},
    ),
    "in a macro that is given another thing": (
        "{% macro card(it) %}{{ it.title }}{% endmacro %}{{ m.card(user) }}{{ note.text }}",
        {"text"},
    ),
    "in a macro that nobody calls": ("{% macro card(it) %}{{ it.title }}{% endmacro %}", {"title"}),
    "in a macro that is given a list of who knows what": (
        "{% macro card(it) %}{{ it.title }}{% endmacro %}{{ card(*all) }}",
        {"title"},
    ),
    "of what a call gives": ("{{ card(note).title }}", {"title"}),
    "in a condition": ("{% if not note.title and note.text == 'x' %}{% endif %}", {"title", "text"}),
    "in a test": ("{{ 1 if note.title is defined }}", {"title"}),
    "as an argument": ("{{ url('x', id=note.id) }}", {"id"}),
    "of others": ("{{ user.notes }}{% for note_ in user.all %}{{ note_.title }}{% endfor %}", set()),
    "not at all": ("{{ note }}", set()),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read_of_a_note(name: str) -> None:
    text, read = READ[name]
    assert names_of(text).read_of("note") == read


def test_what_includes_another_gives_it_its_variables() -> None:
    names = names_of("{% for it in note %}{% include 'x.html' %}{% endfor %}", "{{ it.title }}")
    assert names.read_of("note") == {"title"}


def test_what_a_recursive_loop_goes_down_to() -> None:
    text = "{% for a in note recursive %}{{ a.title }}{{ loop(a.parts) }}{% endfor %}"
    assert names_of(text).read_of("parts") == {"title", "parts"}


def test_variables_that_name_each_other_end() -> None:
    text = "{% set a = note %}{% set b = a %}{% set a = b %}{{ a.title }}"
    assert names_of(text).read_of("note") == {"title"}


@pytest.mark.parametrize("text", ["{{ note.title ~ }}", "{% cache 5 %}{{ note.title }}{% endcache %}"])
def test_what_cannot_be_read_may_read_all_its_words_of_everything(text: str) -> None:
    names = names_of(text, "{{ user.name }}")
    assert names.words <= names.read_of("note") | {"user", "name"}
    assert "name" not in names.read_of("note")


def test_a_macro_goes_down_what_it_is_given() -> None:
    text = (
        "{% macro card(it) %}{% for a in it.parts %}{{ card(a) }}{% endfor %}{% endmacro %}{{ card(note) }}"
    )
    assert names_of(text).read_of("parts") == names_of(text).read_of("note") == {"parts"}


def test_one_template_with_what_belongs_to_it() -> None:
    page = "{% extends 'base.html' %}{% import 'x/m.html' as m %}{% include ['no.html', 'part.html'] %}"
    parts = {name: f"{{{{ note.{name} }}}}" for name in ("base", "m", "part", "no")}
    names = names_of("{{ note.code }}", page=page, other="{{ note.other }}", **parts)
    assert names.of_file("page.html").read_of("note") == {*parts}
    assert names.of_file("other.html").read_of("note") == {"other"}
    assert not names.of_file("other.html").is_whole


@pytest.mark.parametrize("page", ["{% include name %}", "{% include 'gone.html' %}", "{% cache 5 %}"])
def test_any_template_may_belong_to_it(page: str) -> None:
    names = names_of(page=page, other="{{ note.other }}")
    assert names.of_file("page.html") is names
    assert names.of_file("none.html") is names
