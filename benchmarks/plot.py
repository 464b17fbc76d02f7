"""One self-contained page of the last results: bars with quartiles, and the verdicts as a table."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

CHARTS = (
    ("ready_ms", "CPU from spawn to handler ready", "x boto3.client"),
    ("instructions", "User-space instructions to handler ready", "x boto3.client"),
    ("marginal_ms", "CPU added once Lambda's runtime client is loaded", "x boto3.client"),
    ("ready_over_tls_ms", "CPU to ready, AWS over TLS from the start", "x boto3.client"),
    ("first_event_ms", "First event answered, over TLS, CPU from spawn", "x Powertools + pydantic + boto3"),
    ("warm_us", "Warm CPU per event", "x pydantic + boto3"),
    ("warm_instructions", "User-space instructions per warm event", "x pydantic + boto3"),
    ("warm_tls_us", "Warm CPU per event over TLS", "x pydantic + boto3"),
)
STYLE = """
:root{--ink:#1c2430;--soft:#5d6878;--line:#dfe4ea;--ours:#0b7a75;--peer:#9aa7b8;--paper:#fff;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b5;--line:#2d3642;--ours:#3cc4bb;--peer:#64748b;
--paper:#14181d;--bad:#ff8a80}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:860px;margin:2rem auto;
padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.05rem;margin:2.2rem 0 .2rem}p{color:var(--soft);margin:.2rem 0 .6rem}
svg{width:100%;height:auto;display:block}text{fill:var(--ink);font:13px system-ui,sans-serif}.soft{fill:var(--soft)}
.ours{fill:var(--ours)}.peer{fill:var(--peer)}.whisker{stroke:var(--ink);stroke-width:1.5}
.one{stroke:var(--soft);stroke-dasharray:3 3}table{border-collapse:collapse;width:100%}
td,th{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right}
td:first-child,th:first-child{text-align:left;padding-left:0}.bad{color:var(--bad);font-weight:600}
.scroll{overflow-x:auto}
"""
LABEL_WIDTH, BAR_WIDTH, ROW = 230, 480, 26


def write_page(folder: Path) -> Path:
    """Write index.html from the results in `folder`; what was not measured is left out."""
    parts = ["<h1>rp-mw beside what one would build instead</h1>"]
    parts += [_intro(folder), _verdicts(folder)]
    parts += [_chart(folder, name, title, unit) for name, title, unit in CHARTS]
    parts += [_calls(folder), _footprint(folder)]
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    page = f"{head}<title>rp-mw benchmarks</title><style>{STYLE}</style><body>{''.join(parts)}</body></html>\n"
    path = folder / "index.html"
    path.write_text(page, "utf-8")
    return path


def bars(rows: list[tuple[str, float, float, float]], unit: str) -> str:
    """Return an SVG of (name, median, first quartile, third quartile); ours are the names beginning with "our"."""
    scale = BAR_WIDTH / max(1.0, *(row[3] for row in rows))
    height = ROW * len(rows) + 22
    shapes = []
    for number, (name, median, q1, q3) in enumerate(rows):
        top = number * ROW
        kind = "ours" if name.startswith("our ") else "peer"
        middle, end = top + ROW / 2, LABEL_WIDTH + q3 * scale + 8
        shapes.append(f'<text x="{LABEL_WIDTH - 8}" y="{middle + 4}" text-anchor="end">{html.escape(name)}</text>')
        shapes.append(
            f'<rect class="{kind}" x="{LABEL_WIDTH}" y="{top + 4}" width="{median * scale:.1f}"'
            f' height="{ROW - 8}" rx="2"/>'
        )
        if q3 > q1:
            x1, x2 = LABEL_WIDTH + q1 * scale, LABEL_WIDTH + q3 * scale
            shapes.append(f'<line class="whisker" x1="{x1:.1f}" x2="{x2:.1f}" y1="{middle}" y2="{middle}"/>')
        shapes.append(f'<text x="{end:.1f}" y="{middle + 4}">{median:.2f}</text>')
    one = LABEL_WIDTH + scale
    shapes.append(f'<line class="one" x1="{one:.1f}" x2="{one:.1f}" y1="0" y2="{height - 18}"/>')
    shapes.append(f'<text class="soft" x="{LABEL_WIDTH}" y="{height - 4}">{html.escape(unit)}</text>')
    width = LABEL_WIDTH + BAR_WIDTH + 60
    return f'<svg viewBox="0 0 {width} {height}" role="img">{"".join(shapes)}</svg>'


def _load(folder: Path, name: str) -> Any:
    path = folder / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def _intro(folder: Path) -> str:
    machine = (_load(folder, "verdicts") or {}).get("machine", {})
    said = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in machine.items())
    return (
        "<p>Ratios taken inside each round of one run on one machine; the bar is the median, the line on it the middle"
        f" half. No figure here is a Lambda latency. {html.escape(said)}</p>"
    )


def _verdicts(folder: Path) -> str:
    found = _load(folder, "verdicts")
    if not found:
        return ""
    rows = []
    for gate in found["gates"]:
        mark = "" if gate["passes"] else ' class="bad"'
        reach = "" if gate["reach"] is None else f"{gate['reach']:g}"
        rows.append(
            f"<tr><td>{html.escape(gate['name'])}</td><td{mark}>{gate['value']:g}</td>"
            f"<td>{gate['must']:g}</td><td>{reach}</td></tr>"
        )
    head = "<tr><th>what</th><th>measured</th><th>must be at most</th><th>reach for</th></tr>"
    return f'<h2>Targets</h2><div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _chart(folder: Path, name: str, title: str, unit: str) -> str:
    found = _load(folder, name)
    if not found:
        return ""
    rows = []
    for variant, spread in found["ratio"].items():
        values = (spread["median"], spread["q1"], spread["q3"]) if isinstance(spread, dict) else (spread,) * 3
        rows.append((variant, *values))
    rows.sort(key=lambda row: row[1])
    return f"<h2>{html.escape(title)}</h2>{bars(rows, unit)}"


def _calls(folder: Path) -> str:
    found = _load(folder, "calls")
    if not found:
        return ""
    rows = "".join(
        f"<tr><td>{html.escape(kind)}</td><td>{cost['dynamodb_calls']}</td><td>{cost['write_units']}</td>"
        f"<td>{found['bill']['by_kind'].get(kind, '')}</td></tr>"
        for kind, cost in found["by_kind"].items()
    )
    head = "<tr><th>event</th><th>DynamoDB calls</th><th>write units</th><th>$ per million</th></tr>"
    total = found["bill"]["total_usd_per_million"]
    return (
        f"<h2>AWS calls per event</h2><p>The demo's mix costs ${total:.2f} per million events: DynamoDB, SQS, secrets,"
        f' parameters.</p><div class="scroll"><table>{head}{rows}</table></div>'
    )


def _footprint(folder: Path) -> str:
    found = _load(folder, "footprint")
    if not found:
        return ""
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{one['files_opened']}</td><td>{one['peak_kb'] / 1024:.0f}</td></tr>"
        for name, one in found["by_variant"].items()
    )
    sizes = ", ".join(f"{name} {size} MB" for name, size in found["zip_mb"].items())
    head = "<tr><th>process</th><th>files opened</th><th>peak memory, MB</th></tr>"
    table = f'<div class="scroll"><table>{head}{rows}</table></div>'
    return f"<h2>Files, memory, zips</h2><p>Zips: {html.escape(sizes)}</p>{table}"
