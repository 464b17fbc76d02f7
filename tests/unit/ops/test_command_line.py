"""The command line as a whole: help, near misses, exit codes, errors as JSON, completion, signs of life, Ctrl-C."""

from __future__ import annotations

import argparse
import io
import os
import resource
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rp_mw_local import supervisor
from rp_mw_ops import cli, exit_codes, progress
from rp_mw_ops.arguments import find_nearest
from rp_mw_ops.cli import COMMANDS, build_parser, main, parse
from rp_mw_ops.commands import completion
from rp_mw_ops.progress import Interrupted, still_at_it
from tests.fakes.json_answers import definitions, require_published

ROOT = Path(__file__).resolve().parents[3]
RP_MW = [sys.executable, "-m", "rp_mw_ops.cli"]


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error."""
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_help_takes_less_than_a_fifth_of_a_second_of_cpu() -> None:
    """The least of three starts: other processes of this machine take nothing away, but caches do."""
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*RP_MW, "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) < 0.2


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples_that_make_sense_and_the_exit_codes(name: str) -> None:
    """What one copies from there works."""
    parser = build_parser(name)
    (commands,) = (action for action in parser._actions if action.dest == "command")
    shown = commands.choices[name].format_help()  # type: ignore[index,call-overload]
    assert exit_codes.TABLE in shown
    assert COMMANDS[name].examples
    for example in COMMANDS[name].examples:
        assert f"rp-mw {example}" in shown
        assert parse(shlex.split(example)).command == name


def test_the_table_of_exit_codes_is_documented() -> None:
    """Where whoever is on call looks."""
    told = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    for code in (exit_codes.DONE, exit_codes.FINDING, exit_codes.USAGE, exit_codes.INCOMPLETE, exit_codes.INTERRUPTED):
        assert f"| {code} |" in told


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything else is looked at."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("rp-mw 0.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["flgas"], "there is no command 'flgas': did you mean flags?"),
        (["flags", "show", "--jsn"], "does not take --jsn: did you mean --json?"),
        (["flags", "sett", "a", "b"], "there is no action 'sett': did you mean set?"),
        (["sweep", "--dry"], "does not take --dry: did you mean --dry-run?"),
        (["explain"], "the following arguments are required: conversation"),
        ([], "the following arguments are required: command"),
        (["flags", "set", "automation_enable", "true", "--why", "x"], "did you mean automation_enabled?"),
        (
            ["flags", "set", "rollout_stage", "teir1", "--why", "x"],
            "there is no value of rollout_stage 'teir1': did you mean tier1?",
        ),
        (
            ["flags", "set", "disabled_templates", "order_status_verifed", "--why", "x"],
            "did you mean order_status_verified?",
        ),
        (["flags", "set", "automation_enabled_channels", "email,livchat", "--why", "x"], "did you mean livechat?"),
        (["flags", "set", "safe_mode"], "say what to set: rp-mw flags set NAME VALUE"),
        (["flags", "set", "safe_mode", "true"], "say why"),
        (["flags", "--env", "prdo"], "no environment is called 'prdo': did you mean prod?"),
        (["--env", "prod", "redact", "x"], "rp-mw redact takes no --env"),
        (["--env", "prod", "send", "--text", "x"], "the local system only, and --env is 'prod'"),
    ],
)
def test_a_mistake_is_one_line_with_the_nearest_word_and_exit_code_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing was done: not even an environment was opened."""
    assert main(words) == 2
    assert said in complaint(capsys)


@pytest.mark.parametrize(
    "words", [["explain"], ["forget", "--conversation"], ["send", "--sample", "return", "--conversation"]]
)
@pytest.mark.parametrize("given", ["", "  ", "x" * 1_025])
def test_an_id_that_can_be_none_is_wrong_usage(
    words: list[str], given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Told before anything is asked of an environment."""
    assert main([*words, given]) == exit_codes.USAGE
    assert "conversation's id" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["replay", "eval", "learn", "backtest"])
def test_a_file_that_cannot_be_read_is_wrong_usage(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line with the cause, the same for every command."""
    assert main([command, str(tmp_path / "nothing.jsonl")]) == exit_codes.USAGE
    assert "nothing.jsonl: cannot be read (No such file or directory)" in capsys.readouterr().err


def test_a_templates_name_is_compared_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """In capitals it would be accepted by SSM and disable nothing."""
    assert main(["flags", "set", "disabled_templates", "Order_Status_Verified", "--why", "x"]) == 2
    assert "did you mean order_status_verified?" in complaint(capsys)


def test_only_what_is_near_is_offered() -> None:
    """A word that shares nothing is no slip of the keyboard."""
    assert find_nearest("xyzzy", ["flags", "sweep"]) is None
    assert find_nearest("dl", ["dlq", "drift"]) == "dlq"


def test_an_error_is_json_for_who_asked_for_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On standard output, with the code by which the process ends."""
    from rp_mw_shared.environments import running_locally

    monkeypatch.setattr(running_locally, "state_dir", lambda: tmp_path)
    assert main(["flags", "--json"]) == 3
    shown = capsys.readouterr()
    told = require_published("error", shown.out)["error"]
    assert (told["exit_code"], told["messages"]) == (3, ["nothing runs locally: start it with `make up`"])
    assert main(["flags", "--jason", "--json"]) == 2
    assert require_published("error", capsys.readouterr().out)["error"]["code"] == "usage"


def actions_of(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Each command and each action of one, by its words, with its parser."""
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield name, parser
    for word, chosen in (inner[0].choices if inner else {}).items():
        yield from actions_of(chosen, f"{name} {word}")


def every_action() -> dict[str, argparse.ArgumentParser]:
    """All of rp-mw: `flags`, `dlq list`, `local up` and so on."""
    found: dict[str, argparse.ArgumentParser] = {}
    for name in COMMANDS:
        (commands,) = (action for action in build_parser(name)._actions if action.dest == "command")
        found |= actions_of(commands.choices[name], name)  # type: ignore[index]
    return found


# a place to work in, a script for a shell, a story that is watched
WITHOUT_JSON = {"console", "completion", "local demo"}
ANSWERS = {
    "archive": {"archive_export", "archive_rows"},
    "dlq list": {"dlq_list"},
    "dlq redrive": {"dlq_redrive"},
    "dlq show": {"dlq_show"},
    "explain": {"explain", "why_not"},
    "flags": {"flags", "switching"},
    "local down": {"local_down"},
    "local reload": {"local"},
    "local status": {"local"},
    "local up": {"local"},
    "resume": {"switching"},
    "stop": {"switching"},
}


def test_every_command_of_an_environment_has_a_published_schema() -> None:
    """Each takes --json but those that are named, and what it prints has a schema by its name or the names given."""
    every = every_action()
    assert {words for words, parser in every.items() if "--json" not in parser._option_string_actions} == WITHOUT_JSON
    systems = {words for words, parser in every.items() if parser.get_default("takes_env")}
    systems |= {"send", *(words for words in every if words.startswith("local "))}
    for words in (systems | {"console", "archive"}) - WITHOUT_JSON:
        assert ANSWERS.get(words, {words}) <= definitions().keys(), words


def test_what_local_down_deletes_is_told_to_programs_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words as for people, and whether anything ran."""
    for was_running in (True, False):
        monkeypatch.setattr(supervisor, "stop", lambda ran=was_running: ran)
        assert main(["local", "down", "--json"]) == 0
        told = require_published("local_down", capsys.readouterr().out)
        assert told["was_running"] is was_running
        assert (told["deleted"] == "its tickets, tables, queues and switches") is was_running


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_each_shell_gets_its_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A script that names rp-mw and asks it."""
    assert main(["completion", shell]) == 0
    assert "rp-mw" in (shown := capsys.readouterr().out) and "_ARGCOMPLETE" in shown


@pytest.mark.parametrize(
    ("line", "wanted"),
    [("rp-mw fl", {"flags"}), ("rp-mw flags set --wh", {"--why", "--who"}), ("rp-mw --env prod sto", {"stop"})],
)
def test_a_shell_is_told_what_may_follow(line: str, wanted: set[str], tmp_path: Path) -> None:
    """Commands and their options, also after an option that stands before the command."""
    answer = tmp_path / "answer"
    asked = {"COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": " "}
    asked |= {"_ARGCOMPLETE_STDOUT_FILENAME": str(answer), "_ARGCOMPLETE_SUPPRESS_SPACE": "1"}
    subprocess.run(RP_MW, env={**os.environ, **asked}, check=True, capture_output=True)
    assert set(answer.read_text("utf-8").split()) == wanted


def test_nothing_is_coloured_for_who_wants_no_colour() -> None:
    """Also help, which Python colours by itself from 3.14 on. Source: no-color.org."""
    told = {**os.environ, "NO_COLOR": "1", "FORCE_COLOR": ""}
    shown = subprocess.run([*RP_MW, "stop", "--help"], env=told, check=True, capture_output=True, text=True)
    assert "\033" not in shown.stdout + shown.stderr


class Terminal(io.StringIO):
    """Standard error that somebody watches."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def test_a_command_that_takes_longer_counts_the_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """After two, on a terminal only, and takes its line away in the end."""
    assert progress.QUIET_SECONDS == 2.0
    terminal, shown = Terminal(), threading.Event()
    monkeypatch.setattr(terminal, "flush", shown.set)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.01)
    with still_at_it("dlq"):
        assert shown.wait(5)
    assert terminal.getvalue().startswith("\rdlq: 0 s ")
    assert terminal.getvalue().endswith("\r\033[K")


def test_a_command_that_is_quick_or_not_watched_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log file is no place for a counter."""
    for error in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", error)
        with still_at_it("dlq"):
            pass
        assert error.getvalue() == ""


@pytest.mark.parametrize(
    ("raised", "said"), [(KeyboardInterrupt(), "interrupted"), (Interrupted("3 of 9"), "interrupted: 3 of 9")]
)
def test_ctrl_c_ends_with_130_and_says_what_was_done(
    raised: BaseException, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The conventional code of SIGINT."""

    class Module:
        """A command that is interrupted."""

        @staticmethod
        def run(_: Any) -> int:
            """Raise."""
            raise raised

    args = parse(["redact", "x"])
    monkeypatch.setattr(cli, "parse", lambda _: args)
    monkeypatch.setattr(cli.importlib, "import_module", lambda _: Module)
    assert main([]) == exit_codes.INTERRUPTED == 130
    assert complaint(capsys) == f"rp-mw: {said}"
