"""`--format html`: a page that stands by itself; readable in the dark, by keyboard and in print.

It loads nothing and runs nothing, and says so to the browser.  Jinja2 escapes every value: a report
carries text of submissions.
"""

from __future__ import annotations

from jinja2 import Environment
from markupsafe import Markup

from grader.report.disclosure import Disclosure, disclosed_chapter
from grader.report.model import UNTOUCHED, WAITS, ChapterReport
from grader.report.plain import points, titled
from grader.report.text import harmless

STYLE = """
:root { color-scheme: light dark; --text: #1f2328; --page: #ffffff; --quiet: #59636e;
  --line: #d1d9e0; --shade: #f6f8fa; --good: #1a7f37; --bad: #c0262d; --note: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --page: #0d1117; --quiet: #9198a1;
  --line: #3d444d; --shade: #151b23; --good: #3fb950; --bad: #ff7b72; --note: #d9a520; } }
* { box-sizing: border-box; }
body { max-width: 58rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; color: var(--text);
  background: var(--page); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; } h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; }
h2 b { float: right; } a { color: inherit; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th { color: var(--quiet); font-weight: normal; text-align: left; }
.list th, .list td { padding: .2rem .75rem .2rem 0; border-bottom: 1px solid var(--line); }
.list .number { text-align: right; white-space: nowrap; padding-right: 0;
  font-variant-numeric: tabular-nums; }
.list td:first-child { width: 1.5rem; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .75rem 0; }
summary { cursor: pointer; padding: .5rem .75rem; background: var(--shade); border-radius: 6px; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--quiet); outline-offset: 2px; }
.inside { padding: .25rem .75rem .75rem; } ul { list-style: none; margin: .5rem 0; padding: 0; }
.shown { margin: .25rem 0 .75rem 1.5rem; padding: .5rem .75rem; background: var(--shade);
  border-radius: 6px; overflow-x: auto; }
.shown table { width: auto; margin: 0; } .shown th, .shown td { padding: 0 .75rem 0 0;
  vertical-align: top; font-size: .875rem; line-height: 1.45; }
pre, code { font: .875rem/1.45 ui-monospace, monospace; margin: 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); } .note { color: var(--note); }
.quiet { color: var(--quiet); } .mistake { margin: .5rem 0 0 1.5rem; }
@media print { details { break-inside: avoid; } summary { list-style: none; } }
"""

SECTIONS = """\
{%- macro mark(status) -%}
{%- if status == "passed" -%}<span class="good" role="img" aria-label="passed">✓</span>
{%- elif status in idle -%}<span class="quiet" role="img" aria-label="{{ status }}">·</span>
{%- else -%}<span class="bad" role="img" aria-label="{{ status | clean }}">✗</span>{%- endif -%}
{%- endmacro -%}

{%- macro value(name, text, style="") -%}
<tr><th scope="row" class="{{ style }}">{{ name | clean }}</th>
<td><pre class="{{ style }}">{{ text | clean }}</pre></td></tr>
{%- endmacro -%}

{%- macro compared(shown) %}
<table>
{%- if shown.expected is not none %}{{ value("expected", shown.expected, "good") }}{% endif %}
{%- if shown.got is not none %}{{ value("got", shown.got, "bad") }}{% endif %}
</table>
{%- if shown.message %}<pre class="note">{{ shown.message | clean }}</pre>{% endif %}
{%- endmacro -%}

{%- macro likely(mistake) -%}
{%- if mistake.message %}<div class="shown" tabindex="0">{{ compared(mistake) }}</div>{% endif %}
<p class="mistake"><b>likely mistake</b>
<code>{{ mistake.name | clean }}</code><br>{{ mistake.hint | clean }}</p>
{%- endmacro -%}

{%- macro counterexample(shown) -%}
<div class="shown" tabindex="0">
{%- for call in shown.calls %}
<div><code>{{ call.function | clean }}({{ call.arguments | join(", ") | clean }})</code>
{%- if call.about %} <span class="quiet">{{ call.about | clean }}</span>{% endif %}</div>
<table>
{%- for name, text in call.arguments.items() %}{{ value(name ~ " =", text) }}{% endfor %}
{%- if call.warned %}{{ value("warning", call.warned) }}{% endif %}
{%- if call.printed %}{{ value("printed", call.printed) }}{% endif %}
</table>
{%- endfor %}
{{- compared(shown) }}
{%- if shown.repro %}
<details><summary>as Python</summary><pre>{{ shown.repro | e }}</pre></details>
{%- endif %}
</div>
{%- endmacro -%}

{%- macro details(exercise) -%}
<details id="{{ exercise.id | clean }}"{% if exercise.status in loud %} open{% endif %}>
<summary>{{ mark(exercise.status) }} <b>{{ exercise.id | clean }}</b>
<span class="quiet">{{ exercise.standing | clean }}</span></summary>
<div class="inside"><ul>
{%- for check in exercise.checks %}
<li>{{ mark(check.status) }} {{ check | titled }}
{%- if check in exercise.shown and check.counterexample -%}
{{ counterexample(check.counterexample) }}{% endif %}
{%- for mistake in exercise.mistakes_at(check) %}{{ likely(mistake) }}{% endfor %}</li>
{%- endfor %}
</ul>
{%- if exercise.note %}<p class="note mistake">{{ exercise.note | clean }}</p>{% endif %}
</div></details>
{%- endmacro -%}

{%- for report in reports %}
<section>
<h2>{{ report.chapter | clean }} · {{ report.title | clean }}
<b>{{ points(report.score, report.max_score) }}</b></h2>
{%- for note in report.notes %}<pre class="note">{{ note | clean }}</pre>{% endfor %}
<table class="list">
<thead><tr><th></th><th scope="col">exercise</th><th scope="col">status</th>
<th scope="col" class="number">checks</th><th scope="col" class="number">points</th></tr></thead>
<tbody>
{%- for exercise in report.exercises %}
<tr><td>{{ mark(exercise.status) }}</td><td>
{%- if exercise.checks %}<a href="#{{ exercise.id | clean | urlencode }}">
{{- exercise.id | clean }}</a>{% else %}{{ exercise.id | clean }}{% endif %}</td>
<td>{{ exercise.standing | clean }}</td><td class="number">
{%- if exercise.checks -%}
{{ exercise.checks | selectattr("status", "equalto", "passed") | list | length }}/
{{- exercise.checks | length }}{% endif %}</td>
<td class="number">{{ points(exercise.score, exercise.max_score) }}</td></tr>
{%- endfor %}
</tbody></table>
{%- for exercise in report.exercises if exercise.checks %}
{{ details(exercise) }}
{%- endfor %}
<p class="quiet">isolation {{ report.isolation | clean }}
{%- if report.seed is not none %}, seed {{ report.seed }}{% endif %}</p>
</section>
{%- endfor %}
"""

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ title | clean }}</title>
<style>{{ style | safe }}</style>
</head>
<body>
<main>
<h1>{{ title | clean }}</h1>
{{ sections }}
</main>
</body>
</html>
"""

IDLE = ("not started", WAITS)
QUIET = ("passed", *UNTOUCHED, "not run")


def page_html(
    reports: list[ChapterReport], disclosure: Disclosure = Disclosure.full, heading: str = ""
) -> str:
    """The reports of one student as a whole page; the heading is the course's name unless given."""
    return _page.render(
        sections=Markup(sections_html(reports, disclosure)),
        title=heading or (reports[0].course if reports else ""),
        style=STYLE,
    )


def sections_html(reports: list[ChapterReport], disclosure: Disclosure = Disclosure.full) -> str:
    """A section for each report, for a page of somebody else's that has the style."""
    shown = [disclosed_chapter(report, disclosure) for report in reports]
    statuses = {exercise.status for report in shown for exercise in report.exercises}
    return _sections.render(reports=shown, loud=statuses - set(QUIET)).strip()


def _environment() -> Environment:
    environment = Environment(autoescape=True, trim_blocks=True, keep_trailing_newline=True)
    environment.filters |= {"clean": harmless, "titled": titled}
    environment.globals |= {"points": points, "idle": IDLE}
    return environment


_sections = _environment().from_string(SECTIONS)
_page = _environment().from_string(PAGE)
