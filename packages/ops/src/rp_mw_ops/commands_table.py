"""Every sub-command: its module, its line of help, and examples that work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A sub-command: its module has `add_arguments(parser)` and `run(args) -> int`."""

    module: str
    help: str
    examples: tuple[str, ...]


def _command(name: str, text: str, *examples: str) -> Command:
    return Command(f"rp_mw_ops.commands.{name}", text, examples)


COMMANDS: dict[str, Command] = {
    "stop": _command("stop", "stop every automatic reply, now", "stop --why 'wrong replies' --env prod --confirm prod"),
    "resume": _command("resume", "let automatic replies out again", "resume --why 'fixed in worker-v1.4.1' --env dev"),
    "explain": _command(
        "explain",
        "why a conversation was routed or answered as it was",
        "explain 123456",
        "explain 123456 --wait 60",
        "explain 123456 --why-not reply",
        "explain h4f1c2a9be07d --env prod",
    ),
    "doctor": _command(
        "doctor",
        "look at everything an environment needs, and say what to do",
        "doctor --env prod",
        "doctor --probe-notes 123456 --env prod --confirm prod",
    ),
    "flags": _command(
        "flags",
        "show or set the kill switch and the other flags",
        "flags",
        "flags set classifier cascade --why 'the embedded model is unsure too often' --env dev",
    ),
    "promote": _command(
        "promote",
        "open a stage of the rollout when its gates hold",
        "promote tags --env dev",
        "promote tier1 --dry-run --env prod",
        "promote tier1 --override --why 'pilot with two agents' --env prod --confirm prod",
    ),
    "dlq": _command(
        "dlq", "list, show and send back dead letters", "dlq list", "dlq redrive --all --yes --why 'schema fixed'"
    ),
    "sweep": _command("sweep", "find open tickets that were never processed and enqueue them", "sweep --dry-run"),
    "drift": _command("drift", "whether Richpanel has the tags, teams and agents our policy names", "drift --env prod"),
    "stats": _command(
        "stats",
        "what a period's events came to, with small plots or as JSON",
        "stats --days 30",
        "stats --until yesterday",
    ),
    "report": _command(
        "report",
        "what was done in a day or a week: resolved, agreed, what it cost, each figure defined",
        "report week --html week.html",
        "report day --until 2026-11-28 --csv day.csv",
        "report week --publish --env prod --confirm prod",
    ),
    "console": _command(
        "console", "work in the browser: live flow, search, switches, failed messages", "console", "console --read-only"
    ),
    "init": _command(
        "init", "read the helpdesk and write a first settings.yaml to review", "init --env dev --out settings.yaml"
    ),
    "forget": _command(
        "forget",
        "erase what is kept of a conversation or a customer",
        "forget --conversation 123456",
        "forget --customer ana@example.com --yes --why 'her request of today' --env prod --confirm prod",
        "forget --reapply --yes --why 'audit_trail restored to yesterday' --env prod --confirm prod",
    ),
    "secret": _command(
        "secret",
        "rotate the webhook's secret without a webhook refused",
        "secret rotate --why yearly --env prod --confirm prod",
    ),
    "archive": _command(
        "archive",
        "export the audit trail for longer keeping, and read it back",
        "archive export --env prod --confirm prod",
        "archive rows --env prod --json",
    ),
    "local": _command("local", "run everything on this machine: up, down, status, demo", "local up", "local status"),
    "send": _command("send", "post a sample webhook", "send --text 'Where is my order 1001?'"),
    "policy": _command("policy", "whether the policy is valid, what works with it and what not yet", "policy check"),
    "decide": _command("decide", "decide one case from a file, without any network", "decide case.json"),
    "replay": _command(
        "replay",
        "whether recorded decisions come out the same again, or what a changed policy would have decided",
        "replay --last 10000 --env prod",
        "replay --policy ./policy --env dev",
    ),
    "backtest": _command(
        "backtest",
        "what would have been done with the tickets of a helpdesk's export",
        "backtest export.json --html report.html",
        "backtest export.csv --mapping mapping.yaml",
    ),
    "classify": _command("classify", "classify a text with the embedded model", "classify 'where is my parcel'"),
    "eval": _command("eval", "measure a classifier on a labelled file, compare runs, gate CI", "eval labelled.jsonl"),
    "learn": _command(
        "learn",
        "fit a shop's correction of the embedded model, judged on held-back messages",
        "learn labelled.jsonl",
        "learn --env prod --days 30",
    ),
    "eval-text": _command("eval_text", "measure redaction and entities on labelled texts, gate CI", "eval-text data"),
    "eval-machines": _command(
        "eval_machines", "measure whether machines are answered, gate CI", "eval-machines f.jsonl"
    ),
    "eval-field": _command("eval_field", "measure decisions on messages from the field, gate CI", "eval-field f.jsonl"),
    "eval-injection": _command(
        "eval_injection", "measure what prompt-injection texts do, gate CI", "eval-injection texts.jsonl"
    ),
    "eval-languages": _command(
        "eval_languages", "measure the screen in seven languages, gate CI", "eval-languages rows.jsonl"
    ),
    "clean": _command("clean", "show the customer's own words in the body of a mail", "clean body.html"),
    "screen": _command("screen", "show what the screen finds in a text without a model", "screen 'I call my lawyer'"),
    "redact": _command("redact", "show what redaction makes of a text", "redact 'I am Ana, ana@example.com'"),
    "extract": _command("extract", "show the entities found in a text", "extract 'my order is 1001'"),
    "completion": _command("completion", "print what makes a shell complete rp-mw's words", "completion bash"),
}
