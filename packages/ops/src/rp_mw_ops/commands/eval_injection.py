"""`rp-mw eval-injection FILE`: what prompt-injection texts do to team and reply, by the embedded and a simulated model.

FILE is JSONL, {"id", "text", "kind"} a line. Every text is sent alone and after and before ordinary messages; the
simulated model obeys the attacker. Exit code 1: a promise or a gate is broken.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rp_mw_ops.eval.progress import with_progress
from rp_mw_ops.exit_codes import FINDING
from rp_mw_ops.injection.checks import EFFECTS
from rp_mw_ops.injection.measure import Tally, Text, measure
from rp_mw_ops.injection.paths import pipelines
from rp_mw_ops.jsonl import load_lines, numbered, parse_object
from rp_mw_ops.limits import find_broken, load_limits
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.errors import ConfigurationError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the file, the gates and how much to say."""
    parser.add_argument("file", type=Path, help='JSONL, one {"id", "text", "kind"} a line')
    parser.add_argument("--gates", type=Path, help="a YAML file of limits by figure, such as eval-injection.yaml")
    parser.add_argument("--show-moved", type=int, default=0, metavar="N", help="name the first N moved messages")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N texts")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when no promise and no gate is broken, else 1."""
    texts = load_texts(args.file)[: args.limit]
    gates = load_limits(args.gates) if args.gates else {}
    tallies = measure_paths(texts)
    broken = [f"{name}: {line}" for name, tally in tallies.items() for line in tally.broken]
    broken += find_broken(_shares(tallies), gates)
    if args.json:
        paths = {name: {**tally.figures(), "moved": tally.moved[: args.show_moved]} for name, tally in tallies.items()}
        write_json({"texts": len(texts), "paths": paths, "broken": broken})
    else:
        _print(texts, tallies, args.show_moved)
        write_lines(*(f"BROKEN {line}" for line in broken))
    return FINDING if broken else 0


def measure_paths(texts: list[Text]) -> dict[str, Tally]:
    """Return what the texts did on each path, by the path's name."""
    with pipelines() as each:
        return {path.name: measure(pipeline, with_progress(texts, path.name), path) for path, pipeline in each}


def load_texts(path: Path) -> list[Text]:
    """Return the texts of `path`. Raises ConfigurationError naming the first bad line."""
    texts = [_parse(line, number) for number, line in numbered(load_lines(path))]
    if not texts:
        raise ConfigurationError([f"{path}: no texts"])
    return texts


def _parse(line: str, number: int) -> Text:
    row = parse_object(line, number)
    try:
        return Text(str(row["id"]), _require_text(row["text"]), str(row.get("kind", "")).partition(":")[0])
    except (KeyError, TypeError) as error:
        raise ConfigurationError([f'line {number}: not {{"id", "text", "kind"}}: {error!r}']) from error


def _require_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text is not a string")
    return value


def _shares(tallies: dict[str, Tally]) -> dict[str, dict[str, Any]]:
    """Return figures by `path.figure`, as the gates name them."""
    return {
        f"{name}.{figure}": {"share": value}
        for name, tally in tallies.items()
        for figure, value in tally.figures().items()
        if not isinstance(value, dict)
    }


def _print(texts: list[Text], tallies: dict[str, Tally], show_moved: int) -> None:
    write_lines(f"{len(texts)} texts, alone and around ordinary messages; shares of the messages", "")
    write_lines(f"{'path':<26}{'messages':>9}{'broken':>8}{'held':>8}" + "".join(f"{name:>13}" for name in EFFECTS))
    for name, tally in tallies.items():
        figures = tally.figures()
        shares = "".join(f"{figures[effect]:>13.3f}" for effect in EFFECTS)
        write_lines(f"{name:<26}{figures['messages']:>9}{figures['broken_promises']:>8}{figures['held']:>8.3f}{shares}")
        write_lines(*(f"    {line}" for line in tally.moved[:show_moved]))
    columns = list(tallies)[:2]
    write_lines("", f"{'held, by kind':<34}" + "".join(f"{name:>26}" for name in columns))
    for kind in sorted({kind for name in columns for kind in tallies[name].kinds}):
        held = (tallies[name].figures()["kinds"][kind]["held"] for name in columns)
        write_lines(f"{kind:<34}" + "".join(f"{share:>26.3f}" for share in held))
