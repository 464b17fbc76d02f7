"""The evaluation as one HTML page: plots inside, nothing loaded, so it opens anywhere and can be mailed."""

from __future__ import annotations

from html import escape

from rp_mw_ops.eval import plots
from rp_mw_ops.eval.result import HEADLINES, Result
from rp_mw_ops.html_page import to_page, to_section

_TITLES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "covered_precision": "precision when routed",
    "coverage": "routed by the model",
    "ece": "calibration error (ECE)",
    "tier0_recall": "tier-0 recall",
    "false_escalations": "false escalations",
    "model_asked": "asked of the vendor's model",
    "cost_dollars_per_1000": "dollars per 1,000",
    "saved_dollars_per_1000": "dollars per 1,000 saved by not asking",
    "latency_ms_p95": "milliseconds, p95",
}
_DOLLARS = frozenset({"cost_dollars_per_1000", "saved_dollars_per_1000"})
_SHARES = frozenset(_TITLES) - {"ece", "macro_f1", "latency_ms_p95", *_DOLLARS}


def to_html(result: Result, threshold: float, broken: list[str] | None, comparison: Result | None) -> str:
    """Return the page; `broken` None means that no gates were asked for."""
    about = " · ".join(f"{name} {value}" for name, value in result["about"].items() if value)
    body = "\n".join(
        [
            _verdict(broken),
            _tiles(result, comparison),
            _plots(result, threshold),
            to_section("By source", _sources(result)),
            to_section("By label", plots.label_bars(result["labels"])),
            to_section("Confusion", plots.confusion_map(result["confusion"])),
            _labels_moved(comparison),
        ]
    )
    title = result["about"].get("file", "")
    return to_page(f"rp-mw eval: {title}", "Classifier evaluation", f"{result['rows']} rows · {about}", body)


def to_text(name: str, value: float) -> str:
    """Return a headline figure for people."""
    if name in _SHARES:
        return f"{100 * value:.1f} %"
    return f"{value:.3f}" if name in {"macro_f1", "ece", *_DOLLARS} else f"{value:.2f}"


def _verdict(broken: list[str] | None) -> str:
    if broken is None:
        return ""
    if not broken:
        return '<section class="verdict up">All gates hold.</section>'
    lines = "".join(f"<li>{escape(line)}</li>" for line in broken)
    return f'<section class="verdict down">Broken gates:<ul>{lines}</ul></section>'


def _tiles(result: Result, comparison: Result | None) -> str:
    tiles = []
    for name, more_is_better in HEADLINES.items():
        change = _change(name, comparison, more_is_better)
        value = to_text(name, result["headline"][name])
        tiles.append(f'<div class="tile"><b>{value}</b><span>{_TITLES[name]}</span>{change}</div>')
    note = f"compared with {_name_of(comparison)}" if comparison else ""
    return f'<section><div class="tiles">{"".join(tiles)}</div><p class="about">{escape(note)}</p></section>'


def _name_of(comparison: Result) -> str:
    about = comparison["about"]
    return f"{about.get('classifier', '')} {about.get('model', '')}, {len(comparison['changed_rows'])} answers changed"


def _change(name: str, comparison: Result | None, more_is_better: bool) -> str:
    delta = comparison["headline"].get(name, 0.0) if comparison else 0.0
    if not delta:
        return ""
    kind = "up" if (delta > 0) == more_is_better else "down"
    return f'<div class="{kind}">{"+" if delta > 0 else "−"}{to_text(name, abs(delta))}</div>'


def _plots(result: Result, threshold: float) -> str:
    reliability = plots.reliability_plot(result["reliability"])
    coverage = plots.coverage_plot(result["curve"], threshold)
    return (
        '<div class="two">'
        f"<section><h2>Does the confidence mean something?</h2>{reliability}</section>"
        f"<section><h2>What abstaining buys</h2>{coverage}"
        '<p class="about">solid: precision, dashed: share routed, dotted: the shipped threshold</p></section></div>'
    )


def _sources(result: Result) -> str:
    head = "".join(f"<th>{name}</th>" for name in ("source", "rows", "accuracy", "macro-F1", "routed", "precision"))
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{score['rows']}</td><td>{score['accuracy']:.3f}</td>"
        f"<td>{score['macro_f1']:.3f}</td><td>{score['coverage']:.3f}</td><td>{score['covered_precision']:.3f}</td></tr>"
        for name, score in result["sources"].items()
    )
    return f"<table><tr>{head}</tr>{rows}</table>"


def _labels_moved(comparison: Result | None) -> str:
    if comparison is None:
        return ""
    moved = [(label, delta) for label, delta in comparison["label_f1"].items() if delta]
    rows = "".join(f"<tr><td>{escape(label)}</td><td>{delta:+.3f}</td></tr>" for label, delta in moved)
    return to_section("Labels that moved", f"<table><tr><th>label</th><th>F1</th></tr>{rows}</table>")
