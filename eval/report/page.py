"""The page: what was run, the figures with their definitions, charts, heat maps, faults of the data, the worst cases."""

import base64
from collections.abc import Sequence
from html import escape

from eval import statistics
from eval.dataset import Question
from eval.definitions import factor
from eval.folder import RunFolder
from eval.record import RunInfo, Taken
from eval.report.cases import Case, Picture, picture, worst
from eval.report.drawing import bars, heat_map
from eval.report.style import STYLE
from eval.scored import Scored
from eval.scores import ALL, Figure, Scores

CHARTS = ("official", "word F1", "R@5", "cited F1")
"""Figures drawn by slice."""
HEAT = (("depth", "length"), ("carrier", "scope"))
"""Axes of needles, down and across."""


def write_report(folder: RunFolder, scores: Scores) -> None:
    """`report.html` of the run."""
    info, questions, results = folder.info(), folder.questions(), folder.ledger.read()
    names = {taken.id: name for name, taken in folder.documents().items()}
    cases = worst(scores, questions, results)
    body = [
        f"<h1>{escape(scores.benchmark)}</h1>",
        _summary(info, scores),
        _figures(scores),
        *_charts(scores),
        *_heat(questions, scores),
        _quirks(info),
        _failures(scores, folder.documents()),
        "<h2 id='cases'>Worst cases</h2>",
        f"<p>{len(cases)} answered questions with the lowest scores, those with citations first.</p>",
        *(_case(case, picture(folder, case), folder, names) for case in cases),
        _made_with(info),
    ]
    head = f"<meta charset='utf-8'><title>{escape(scores.benchmark)}: report</title><style>{STYLE}</style>"
    page = f"<!doctype html><html lang='en'><head>{head}</head><body><main>{''.join(body)}</main></body></html>"
    folder.write("report.html", page.encode())


def _summary(info: RunInfo, scores: Scores) -> str:
    asked = scores.questions - scores.outcomes.get("failed", 0)
    outcomes = ", ".join(f"{name} {count}" for name, count in scores.outcomes.items())
    share = 100 * scores.unanswerable / max(scores.questions, 1)
    return (
        f"<p class='lead'>N = {scores.questions} questions over {info.documents} documents; {scores.unanswerable} of them "
        f"({share:.1f} %) unanswerable; {asked} answered or declined, {scores.failed} failed.</p>"
        f"<p>Outcomes: {escape(outcomes)}. Data {escape(info.dataset_sha256[:12])}"
        f"{', revision ' + escape(info.dataset_revision) if info.dataset_revision else ''}. Begun {escape(info.started_at)}, "
        f"{escape(info.service)}. Intervals: 95 %, bootstrap over documents ({scores.bootstrap['rounds']:,} rounds, seed "
        f"{scores.bootstrap['seed']}). Short answers by {escape(scores.extraction)}; entailment by {escape(scores.entailment)}.</p>"
    )


def _figures(scores: Scores) -> str:
    rows = []
    for figure in scores.figures:
        if figure.slice == ALL:
            value, interval = _shown(figure)
            rows.append(
                f"<tr><th>{escape(figure.name)}</th><td>{value}</td><td>{interval}</td><td>{figure.estimate.n}</td>"
                f"<td>{100 * figure.unanswerable:.1f} %</td><td>{escape(scores.definitions[figure.name])}</td></tr>"
            )
    head = (
        "<tr><th>figure</th><th>value</th><th>95 % interval</th><th>N</th><th>unanswerable</th><th>what it is</th></tr>"
    )
    return f"<h2>Figures over all questions</h2><table class='figures'>{head}{''.join(rows)}</table>"


def _shown(figure: Figure) -> tuple[str, str]:
    found = figure.estimate
    times = factor(figure.name)
    value = "" if found.value is None else f"{times * found.value:.{1 if times > 1 else 2}f}"
    if found.low is None or found.high is None:
        return value, ""
    return value, f"{times * found.low:.1f} to {times * found.high:.1f}"


def _charts(scores: Scores) -> list[str]:
    parts = []
    for name in CHARTS:
        rows = [(figure.slice, figure.estimate) for figure in scores.figures if figure.name == name]
        if rows:
            parts.append(f"<h2>{escape(name)} by slice, %</h2><p>{escape(scores.definitions[name])}</p>{bars(rows)}")
    return parts


def _heat(questions: Sequence[Question], scores: Scores) -> list[str]:
    scored = {found.question: found for found in scores.scored}
    parts = []
    for down, across in HEAT:
        chosen = [question for question in questions if down in question.axes and across in question.axes]
        for name in ("official", "R@5"):
            if chosen:
                drawn = _map(chosen, scored, name, down, across)
                parts.append(f"<h2>{escape(name)} by {down} and {across}, %</h2>{drawn}")
    return parts


def _map(questions: Sequence[Question], scored: dict[str, Scored], name: str, down: str, across: str) -> str:
    groups: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for question in questions:
        if (value := scored[question.id].scores.get(name)) is not None:
            groups.setdefault((question.axes[down], question.axes[across]), []).append((question.home, value))
    cells = {
        key: statistics.mean([home for home, _ in found], [value for _, value in found])
        for key, found in groups.items()
    }
    rows, columns = (sorted({question.axes[axis] for question in questions}, key=_order) for axis in (down, across))
    return heat_map(columns, rows, cells, across=across, down=down)


def _order(value: str) -> tuple[int, str]:
    digits = "".join(char for char in value if char.isdigit())
    return (int(digits) if digits and value[0].isdigit() else -1, value)


def _quirks(info: RunInfo) -> str:
    rows = [
        f"<tr><td>{escape(str(quirk['what']))}</td><td>{len(where)}</td><td>{escape(str(quirk['handling']))}</td>"
        f"<td class='ids'>{escape(', '.join(where[:12]))}{' …' if len(where) > 12 else ''}</td></tr>"
        for quirk in info.quirks
        if isinstance(where := quirk["where"], list | tuple)
    ]
    if not rows:
        return ""
    head = "<tr><th>fault</th><th>how many</th><th>what is done</th><th>where</th></tr>"
    about = "<p>Of the whole of it, also where a part was asked.</p>"
    return f"<h2>Faults of the data set</h2>{about}<table>{head}{''.join(rows)}</table>"


def _failures(scores: Scores, documents: dict[str, Taken]) -> str:
    lines = [f"{taken.name}: {taken.error}" for taken in documents.values() if taken.error]
    lines += [
        f"{taken.name}: {taken.pages_failed} of {taken.pages} pages failed"
        for taken in documents.values()
        if taken.pages_failed
    ]
    lines += [f"{question}: {error}" for question, error in scores.errors.items()]
    lines += [f"{question}: the official rules raise: {error}" for question, error in scores.raised.items()]
    if not lines:
        return ""
    return f"<h2>What failed</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _case(case: Case, shown: Picture | None, folder: RunFolder, names: dict[str, str]) -> str:
    answer = case.result.answer
    assert answer is not None
    gold = ", ".join(f"{page.document} p. {page.number}" for page in case.question.pages) or "none"
    found = ", ".join(
        f"{names.get(ranked.document, ranked.document)} p. {ranked.page}" for ranked in case.result.inside[:5]
    )
    cited = "; ".join(f"p. {c.page} “{c.quote}” ({c.verdict.value})" for c in answer.citations) or "nothing"
    facts = (
        ("question", case.question.text),
        ("gold", f"{case.question.answer} ({case.question.format})"),
        ("scored", f"{case.scored.extracted.answer} (by {case.scored.extracted.rule})"),
        ("answer", answer.text),
        *((f"{chain.name} chain", chain.answer or f"declined: {chain.refusal}") for chain in answer.chains),
        ("gold pages", gold),
        ("ranked first", found),
        ("cited", cited),
        ("scores", ", ".join(f"{name} {factor(name) * value:.0f}" for name, value in case.scored.scores.items())),
    )
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts)
    head = f"{100 * case.worth:.0f} · {case.question.text}"
    drawn = _page(case, shown, folder) if shown is not None else ""
    inside = f"<summary>{escape(head)}</summary><div class='case'><dl>{rows}</dl>{drawn}</div>"
    return f"<details id='{escape(case.question.id)}'>{inside}</details>"


def _page(case: Case, shown: Picture, folder: RunFolder) -> str:
    """The cited page with the quoted words marked."""
    answer = case.result.answer
    assert answer is not None
    data = base64.b64encode((folder.cases / shown.file).read_bytes()).decode()
    boxes = [
        box
        for citation in answer.citations
        if (citation.document, citation.page) == (shown.document, shown.page)
        for box in citation.boxes
    ]
    marks = "".join(
        f"<rect x='{box.x0}' y='{box.y0}' width='{box.x1 - box.x0}' height='{box.y1 - box.y0}'/>" for box in boxes
    )
    size = f"viewBox='0 0 {shown.width} {shown.height}'"
    image = f"<image href='data:image/png;base64,{data}' width='{shown.width}' height='{shown.height}'/>"
    return f"<figure><svg class='page' {size}>{image}{marks}</svg><figcaption>page {shown.page}, as cited</figcaption></figure>"


def _made_with(info: RunInfo) -> str:
    rows = [
        ("command", f"quire {info.command}"),
        ("data", f"{info.data}, SHA-256 {info.dataset_sha256}"),
        *((f"part: {part}", use) for part, use in info.parts),
        *((f"version: {name}", found) for name, found in info.versions.items()),
        *((name, found) for name, found in info.machine.items()),
        ("pages for the reader", str(info.options.pages)),
        ("length of rankings", str(info.options.depth)),
    ]
    table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<h2>Made with</h2><table>{table}</table>"
