"""The report as HTML that stands by itself: in a notebook, in feedback, in a page of its own.

Styles stand in the elements, because feedback and notebooks drop style sheets.  Jinja2 escapes
every value: a report carries text of submissions.
"""

from __future__ import annotations

from jinja2 import Environment

from grader.report.disclosure import Disclosure, disclosed
from grader.report.model import ChapterReport, ExerciseReport

GREEN, RED, GREY, AMBER = "#1a7f37", "#c0262d", "#6b7280", "#8a5a00"

TEMPLATE = """
{%- macro mark(status) -%}
{%- if status == "passed" -%}<span style="color:{{ green }}">✓</span>
{%- elif status in ("not started", "waits") -%}<span style="color:{{ grey }}">·</span>
{%- else -%}<span style="color:{{ red }}">✗</span>{%- endif -%}
{%- endmacro -%}

{%- macro text(value, color="inherit") -%}
<pre style="margin:0;padding:0;background:none;white-space:pre-wrap;color:{{ color }}">
{{- value }}</pre>
{%- endmacro -%}

{%- macro row(name, value, color="inherit") -%}
<tr><td style="text-align:left;vertical-align:top;padding:1px 10px 1px 0;color:{{ grey }}">
{{- name }}</td><td style="text-align:left">{{ text(value, color) }}</td></tr>
{%- endmacro -%}

{%- macro compared(shown) %}
{%- if shown.expected is not none %}
<table style="border:none;margin:0">
{{- row("expected", shown.expected, green) }}{{ row("got", shown.got or "", red) -}}
</table>
{%- endif %}
{%- if shown.message %}{{ text(shown.message, amber) }}{% endif %}
{%- endmacro -%}

{%- macro likely(mistake) %}
<div style="margin-left:18px">{{ compared(mistake) if mistake.message }}
<b>likely mistake</b> <code>{{ mistake.name }}</code>
<br>{{ mistake.hint }}</div>
{%- endmacro -%}

{%- macro counterexample(shown) -%}
<div style="margin:4px 0 4px 18px">
{%- for call in shown.calls %}
<div><code>{{ call.function }}({{ call.arguments | join(", ") }})</code>
{%- if call.about %} <span style="color:{{ grey }}">{{ call.about }}</span>{% endif %}</div>
<table style="border:none;margin:0 0 0 18px">
{%- for name, value in call.arguments.items() %}{{ row(name ~ " =", value) }}{% endfor %}
{%- if call.warned %}{{ row("warning", call.warned) }}{% endif %}
{%- if call.printed %}{{ row("printed", call.printed) }}{% endif %}
</table>
{%- endfor %}
{{- compared(shown) }}
{%- if shown.repro %}
<details><summary>as Python</summary><pre>{{ shown.repro }}</pre></details>
{%- endif %}
</div>
{%- endmacro -%}

{%- macro points(report) -%}
{%- if report.hidden is none %} — {{ "%g" | format(report.score) }} /
{#- #} {{ "%g" | format(report.max_score) }}
{%- endif -%}
{%- endmacro -%}

{%- macro exercise(report) -%}
<div style="margin:6px 0"><div>{{ mark(report.status) }} <b>{{ report.id }}</b>
{{- points(report) }} <span style="color:{{ grey }}">{{ report.status }}</span></div>
{%- for check in report.checks %}
<div style="margin-left:18px">{{ mark(check.status) }} {{ check.title }}
{%- if check.status not in ("passed", "failed", report.status) %} ({{ check.status }}){% endif -%}
</div>
{%- if check in report.shown and check.counterexample %}{{ counterexample(check.counterexample) }}
{%- endif %}
{%- for mistake in report.mistakes_at(check) %}{{ likely(mistake) }}{% endfor %}
{%- endfor %}
{%- if report.note %}<div style="margin-left:18px;color:{{ amber }}">{{ report.note }}</div>
{%- endif %}
</div>
{%- endmacro -%}

<div style="font-size:90%">
{%- if heading %}<div><b>{{ heading }}</b></div>{% endif %}
{%- for note in notes %}<div>{{ text("! " ~ note, amber) }}</div>{% endfor %}
{%- for report in exercises %}{{ exercise(report) }}{% endfor %}
{%- if summary %}<div>{{ summary }}</div>{% endif -%}
</div>
"""

_template = Environment(autoescape=True, trim_blocks=True).from_string(TEMPLATE)


def exercise_html(report: ExerciseReport, disclosure: Disclosure = Disclosure.full) -> str:
    """One exercise of a graded submission."""
    return _html([disclosed(report, disclosure)])


def overview_html(report: ChapterReport) -> str:
    """The heading of a graded submission: its points, and what was noticed about the file."""
    heading = f"{report.chapter} · {report.title}: {report.score:g} / {report.max_score:g}"
    return _html([], heading=heading, notes=report.notes)


def chapter_html(report: ChapterReport, disclosure: Disclosure = Disclosure.full) -> str:
    """A whole graded submission."""
    heading = f"{report.chapter} · {report.title}: {report.score:g} / {report.max_score:g}"
    exercises = [disclosed(exercise, disclosure) for exercise in report.exercises]
    return _html(exercises, heading=heading, notes=report.notes)


def practice_html(report: ChapterReport, summary: str) -> str:
    """What practice checks found, without points."""
    return _html(list(report.exercises), summary=summary)


def _html(
    exercises: list[ExerciseReport],
    *,
    heading: str = "",
    notes: tuple[str, ...] = (),
    summary: str = "",
) -> str:
    return _template.render(
        exercises=exercises,
        heading=heading,
        notes=notes,
        summary=summary,
        green=GREEN,
        red=RED,
        grey=GREY,
        amber=AMBER,
    ).strip()
