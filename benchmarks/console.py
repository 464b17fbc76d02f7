"""The console over a table of many decisions, beside the build before the index; not a part of `make bench`.

    .venv/bin/python -m benchmarks.console                    100,000 decisions over 60 days
    .venv/bin/python -m benchmarks.console --beside REVISION  that revision's look at the same table, too, which has
                                                              to take 20 times as long

What is slow here is the embedded AWS, in Python on this machine, for both sides alike.
"""

from __future__ import annotations

import argparse
import functools
import http.client
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_flags, ensure_secrets, generate_secret_values
from rp_mw_local.deployment.storage import ensure_key, ensure_queue, ensure_table
from rp_mw_local.emulator import Emulator
from rp_mw_local.stack import LIVE_FLAGS
from rp_mw_ops.environment import LOCAL, Environment
from rp_mw_ops.figures.period import days_until, load_days, utc_day
from rp_mw_ops.finding import open_days
from rp_mw_shared.audit_form import to_stored
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.idempotency.attributes import to_item
from rp_mw_shared.times import MS_PER_DAY, to_utc_text
from rp_mw_worker.day_sums import refresh_sums

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = "bench"
ROUTES = (
    ("Sales", "promo_discount_issue"),
    ("Email Support", "order_status_tracking"),
    ("Returns Admin", "return_request"),
    ("TikTok Support", "tiktok_support_request"),
    ("Technical Support", "technical_support"),
)
LIMITS = {"first page, server, ms": 200, "first page, browser, ms": 1000, "new event seen, ms": 2000, "server, MB": 150}
# with --beside: the build before the index, at 10,000 rows
FASTER = "times faster"
LEAST = {FASTER: 20}
_BATCH = 25  # Source: DynamoDB BatchWriteItem
_LOOKS = 5


def main() -> int:
    """Fill, measure, print; 1 when a limit is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--beside", metavar="REVISION", help="a revision with the console before the index")
    parser.add_argument("--serve", nargs=2, metavar=("ENDPOINT", "SECRET"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        return _serve(*asked.serve)
    with Emulator() as emulator:
        environment = make_environment(emulator)
        _told("filled", lambda: fill(environment, asked.rows, asked.days))
        now = SystemClock().now_epoch_ms()
        _told("closed days summed", lambda: refresh_sums(open_days(environment), now, lambda: 10**9))
        names = days_until(utc_day(now), 30)
        _told("30 days of stats", lambda: load_days(open_days(environment), names, now))
        measured = measure(emulator, environment)
        if asked.beside:
            measured |= _beside(asked.beside, emulator, measured["first page, server, ms"])
    broken = find_broken(measured)
    for name, value in measured.items():
        bound = LIMITS.get(name, LEAST.get(name, ""))
        print(f"{'FAIL' if name in broken else 'ok  '} {value:10.1f} {bound:>6}  {name}")
    return int(bool(broken))


def find_broken(measured: Mapping[str, float]) -> list[str]:
    """Return what is above its limit, or below what it has to be at least; what was not measured breaks nothing."""
    above = [name for name, limit in LIMITS.items() if measured.get(name, limit) > limit]
    return above + [name for name, least in LEAST.items() if measured.get(name, least) < least]


def make_environment(emulator: Emulator) -> Environment:
    """Return an environment with its tables, queues, switches and secrets, empty."""
    topology, client = load_topology(ENVIRONMENT), functools.cache(emulator.client)
    target = Target(topology, client)
    key = ensure_key(target)
    for table in topology.tables.values():
        ensure_table(target, table, key)
    for queue in topology.queues.values():
        ensure_queue(target, queue, key)
    ensure_flags(target, LIVE_FLAGS)
    ensure_secrets(target, generate_secret_values())
    return Environment(topology, client)


def fill(environment: Environment, rows: int, days: int) -> int:
    """Write decisions evenly over the days up to now, as large as the worker's."""
    dice, now = random.Random(7), SystemClock().now_epoch_ms()
    table, client = environment.table("audit_trail"), environment.client("dynamodb")
    moments = (now - round(place * days * MS_PER_DAY / rows) for place in range(rows))
    for batch in _batches(to_item(decision(at, dice)) for at in moments):
        client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in batch]})
    return rows


def decision(at: int, dice: random.Random) -> dict[str, Any]:
    """Return a row of the audit trail as a worker writes it."""
    team, intent = dice.choice(ROUTES)
    is_sent = intent == "order_status_tracking" or (intent == "return_request" and dice.random() < 0.7)
    stamp, digest = to_utc_text(at), f"{dice.getrandbits(48):012x}"
    told = {
        "conversation_id": f"<{dice.getrandbits(96):024x}@mail.example.com>",
        "ts_action_id": f"{stamp}#{digest}#decision",
        "day": stamp[:10],
        "done_at": at + dice.randrange(400, 9_000),
        "outcome": "completed",
        "mode": "live",
        "route": team,
        "intent": intent,
        "confidence": round(dice.uniform(0.5, 1), 4),
        "tier": 2 if is_sent else None,
        "template": "order_status_verified" if is_sent else None,
        "reasons": ["tier_ceiling"],
        "gates_blocked": [] if is_sent else ["tier:tier_ceiling:0", "language:language_not_served:fi"],
        "actions": {"rp_tags": "done"} | ({"rp_reply": "done"} if is_sent else {}),
        "classifier": "embedded",
        "chat_codes": "false",
        "versions": ["1.0.0+6cdd060ade73", "1.0.0", "1.5.0"],
        "replay": {"v": 1, "c": "email", "t": at, "a": 900, "w": 14, "i": [["order_status_tracking", 0.93]]},
        "expires_at": at // 1000 + 60 * 86_400,
    }
    return to_stored(told)


def measure(emulator: Emulator, environment: Environment) -> dict[str, float]:
    """Serve it in a process of its own and return what a person waits for, and what the process needs."""
    with _served(emulator) as (process, entrance):
        began = time.monotonic()
        ask = _asker(entrance)
        while not json.loads(ask("/api/decisions"))["lines"]:
            time.sleep(0.05)
        ready_ms = (time.monotonic() - began) * 1000
        first_page = ("/", "/api/session", "/api/now", "/api/figures")
        looks = [sum(_timed_ms(functools.partial(ask, path)) for path in first_page) for _ in range(_LOOKS)]
        live = [_timed_ms(lambda: ask("/api/decisions?team=Sales&outcome=none")) for _ in range(_LOOKS)]
        seen = _in_a_browser(entrance, environment)
        return {
            "first read after the start, ms": ready_ms,
            "first page, server, ms": median(looks),
            "filtered flow, server, ms": median(live),
            **seen,
            "server, MB": _peak_mb(process.pid),
        }


def _in_a_browser(entrance: str, environment: Environment) -> dict[str, float]:
    program = shutil.which("chromium")
    if program is None:
        print("left out: there is no chromium here, so nothing was timed in a browser")
        return {}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(entrance)
        page.wait_for_selector(".cards .value")
        base = entrance.partition("?")[0]
        loads = []
        for _ in range(_LOOKS):
            began = time.monotonic()
            page.goto(base)
            page.wait_for_selector(".cards .value")
            loads.append((time.monotonic() - began) * 1000)
        page.goto(f"{base}live")
        page.wait_for_selector(".lines a")
        row = decision(SystemClock().now_epoch_ms(), random.Random(8)) | {"route": "Fresh"}
        environment.client("dynamodb").put_item(TableName=environment.table("audit_trail"), Item=to_item(row))
        seen = _timed_ms(lambda: page.locator(".lines strong", has_text="Fresh").wait_for())
        browser.close()
    return {"first page, browser, ms": median(loads), "new event seen, ms": seen}


@contextmanager
def _served(emulator: Emulator) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "benchmarks.console", "--serve", emulator.endpoint_url, emulator.secret_access_key]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def _serve(endpoint: str, secret: str) -> int:
    """Serve the console of the bench's environment until ended; prints its address."""
    import threading

    import boto3

    from rp_mw_ops.console.serving import served

    session = boto3.Session("rp-mw-local", secret, region_name="us-east-1")
    client = functools.cache(functools.partial(session.client, endpoint_url=endpoint))
    environment = Environment(load_topology(ENVIRONMENT), client)
    with served(LOCAL, lambda: environment) as console:
        print(console.entrance, flush=True)
        threading.Event().wait()
    return 0


def _beside(revision: str, emulator: Emulator, ours_ms: float) -> dict[str, float]:
    """Return how long the revision's console takes for one look at the same table, in a process of its own."""
    script = (
        "import functools, time, boto3\n"
        "from rp_mw_ops.console.reader import Reader\n"
        "from rp_mw_ops.environment import LOCAL, Environment\n"
        "from rp_mw_shared.clock import SystemClock\n"
        "from rp_mw_shared.environments.topology import load_topology\n"
        f"session = boto3.Session('rp-mw-local', {emulator.secret_access_key!r}, region_name='us-east-1')\n"
        f"client = functools.cache(functools.partial(session.client, endpoint_url={emulator.endpoint_url!r}))\n"
        f"environment = Environment(load_topology({ENVIRONMENT!r}), client)\n"
        "began = time.monotonic()\n"
        "shown = Reader(lambda: environment, SystemClock()).snapshot()['decisions']['value']\n"
        "print((time.monotonic() - began) * 1000, shown['is_whole'], shown['count'])\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "x", "-C", folder], input=archive, check=True)
        sources = ":".join(f"{folder}/{part}/src" for part in ("packages/ops", "packages/shared", "services/worker"))
        answer = subprocess.run(
            [sys.executable, "-c", script],
            cwd=folder,
            env={"PYTHONPATH": sources},
            capture_output=True,
            text=True,
            check=True,
        )
    took, is_whole, count = answer.stdout.split()
    print(f"{revision}: one look took {float(took):.0f} ms and counted {count} decisions of a day; whole: {is_whole}")
    return {f"one look of {revision}, ms": float(took), FASTER: float(took) / ours_ms}


def _asker(entrance: str) -> Any:
    match = re.fullmatch(r"http://([^/]+)/\?key=(.+)", entrance)
    assert match is not None
    host, key = match.groups()
    cookie = f"rp_mw_console_{host.rpartition(':')[2]}={key}"

    def ask(path: str) -> bytes:
        connection = http.client.HTTPConnection(host, timeout=120)
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {body[:200]!r}")
        return body

    return ask


def _timed_ms(do: Any) -> float:
    began = time.monotonic()
    do()
    return (time.monotonic() - began) * 1000


def _told(what: str, do: Any) -> None:
    print(f"{what} in {_timed_ms(do) / 1000:.1f} s", flush=True)


def _peak_mb(pid: int) -> float:
    """Return the most memory that the process held, MB. Source: proc(5), VmHWM."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert match is not None
    return int(match[1]) / 1024


def _batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


if __name__ == "__main__":
    sys.exit(main())
