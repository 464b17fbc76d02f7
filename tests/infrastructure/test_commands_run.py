"""Every command of `rp-mw` is run by a test: by its name, through its arguments, to its exit code."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from rp_mw_ops.commands_table import COMMANDS

TESTS = Path(__file__).resolve().parents[1]
# one test of each command among several; a helper of its file may make the arguments
RUN_BY = {
    "archive": "unit/ops/test_archive.py::test_an_export_says_where_it_is_from",
    "backtest": "unit/ops/backtest/test_backtest_command.py::report_of",
    "classify": "integration/test_eval_with_a_model.py::test_a_slow_model_meets_the_deadline",
    "clean": "unit/ops/test_text_commands.py::test_clean_answers_every_row_in_order",
    "completion": "unit/ops/test_command_line.py::test_each_shell_gets_its_completion",
    "console": "integration/test_send_and_console_commands.py::console",
    "decide": "unit/ops/test_decide_and_replay.py::test_people_get_text_from_standard_input",
    "dlq": "integration/test_ops_without_local.py::test_dead_letters_are_listed",
    "doctor": "integration/test_doctor.py::doctor",
    "drift": "integration/test_drift.py::test_without_a_running_system_the_command_says_how_to_start_it",
    "eval": "unit/ops/test_eval_command.py::test_a_bad_labelled_line_is_named",
    "eval-field": "unit/ops/test_eval_field.py::run",
    "eval-injection": "integration/test_injection.py::test_the_command_prints_figures_and_gates_them",
    "eval-languages": "unit/ops/test_screen_command.py::test_a_broken_gate_ends_the_run",
    "eval-machines": "unit/ops/test_machines_command.py::test_machines_and_people_told_apart_pass_the_gate",
    "eval-text": "unit/ops/test_text_commands.py::test_eval_text_measures_what_is_there",
    "explain": "integration/test_forget.py::test_a_dead_letter_of_the_conversation_is_told_and_stays",
    "extract": "unit/ops/test_text_commands.py::test_one_text_is_shown_for_people",
    "flags": "integration/test_rp_mw_command.py::test_the_reason_of_a_flag_is_stored_and_shown_without_the_customer",
    "forget": "integration/test_forget.py::words",
    "init": "unit/ops/test_init_command.py::init",
    "learn": "unit/ops/test_learn_command.py::learnt",
    "local": "integration/test_rp_mw_command.py::test_status_has_an_exit_code_of_its_own",
    "policy": "unit/ops/test_policy_check.py::test_people_read_the_same_in_lines",
    "promote": "integration/test_promotion.py::run",
    "redact": "unit/ops/test_text_commands.py::test_one_text_is_shown_for_people",
    "replay": "unit/ops/test_decide_and_replay.py::replayed",
    "report": "integration/test_figures_commands.py::test_report_tells_a_day_in_every_form",
    "resume": "integration/test_switches.py::test_resume_takes_back_the_stop_and_nothing_more",
    "screen": "unit/ops/test_screen_command.py::test_screen_answers_every_row_in_order",
    "secret": "integration/test_secret_rotation.py::test_the_time_to_wait_is_told_and_no_value_is",
    "send": "integration/test_send_and_console_commands.py::"
    "test_a_sample_is_written_in_the_helpdesk_and_its_webhook_posted",
    "stats": "integration/test_figures_commands.py::test_stats_tells_a_period",
    "stop": "integration/test_switches.py::test_stopping_twice_does_nothing_more",
    "sweep": "unit/ops/test_sweep_command.py::sweep",
}
# what a test calls to run a command whole: all of the tool, or a command's module in an environment that is open
RUNNERS = {"main", "run", "run_in", "rp_mw", "lines", "operate", "run_lines", "Popen"}


@cache
def module(path: str) -> ast.Module:
    """A file of tests."""
    return ast.parse((TESTS / path).read_text("utf-8"))


def functions(path: str) -> dict[str, ast.FunctionDef]:
    """Every function of a file of tests, methods too, by name."""
    return {node.name: node for node in ast.walk(module(path)) if isinstance(node, ast.FunctionDef)}


def runs(tree: ast.AST) -> bool:
    """Whether something in it calls a runner."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any((call.id if isinstance(call, ast.Name) else getattr(call, "attr", "")) in RUNNERS for call in calls)


def names(tree: ast.AST, command: str) -> bool:
    """Whether the command is named in it, as a word of the arguments or as the module that is run."""
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return command in words or command in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_every_command_is_run_by_a_test() -> None:
    """A new command comes with one."""
    assert RUN_BY.keys() == COMMANDS.keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_test_that_runs_a_command_is_there(command: str) -> None:
    """It, or what it calls in its file, names the command and runs it."""
    path, _, name = RUN_BY[command].partition("::")
    known = functions(path)
    assert name in known, f"{path} has no {name}"
    assert names(known[name], command), f"{name} does not name {command}"
    assert any(runs(node) for node in known.values()), f"{path} runs nothing"


def test_a_command_that_is_only_looked_at_is_not_run() -> None:
    """The guard sees the difference."""
    looked_at = ast.parse("def test_it():\n    assert 'stats' in COMMANDS\n")
    run = ast.parse("def test_it():\n    assert main(['stats']) == 0\n")
    assert (runs(looked_at), names(looked_at, "stats")) == (False, True)
    assert (runs(run), names(run, "stats")) == (True, True)
