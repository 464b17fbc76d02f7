"""`rp-mw drift` against the simulated helpdesk: what is gone, what may not be read, and a list of many pages."""

from __future__ import annotations

import argparse
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rp_mw_local.simulators.richpanel import RichpanelSimulator
from rp_mw_ops.cli import main
from rp_mw_ops.commands.drift import add_arguments, run_in
from rp_mw_ops.commands.local import furnish_helpdesk
from rp_mw_ops.drift.account import load_list, open_account
from rp_mw_ops.drift.checks import TAG, TEAM, find_needs
from rp_mw_ops.environment import Environment
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.environments.topology import load_topology
from tests.fakes.json_answers import require_published
from tests.fakes.policy import load_policy, policy_directory

TOPOLOGY = load_topology("drifting")
NEEDS = find_needs(load_policy(), "agent-1")
Run = Callable[..., int]


@pytest.fixture
def clock() -> FakeClock:
    """The simulator's clock and the client's."""
    return FakeClock()


@pytest.fixture
def richpanel(clock: FakeClock) -> Iterator[RichpanelSimulator]:
    """A helpdesk with everything the policy names."""
    simulator = RichpanelSimulator("key", clock.now_epoch_ms)
    simulator.start()
    furnish_helpdesk(simulator.url, load_policy())
    yield simulator
    simulator.stop()


@pytest.fixture(scope="module")
def deployed_worker(aws: Callable[[str], Any]) -> Callable[[str], None]:
    """An environment with a worker and the helpdesk's key; call it with the helpdesk's address."""
    functions, name = aws("lambda"), TOPOLOGY.functions["worker"].name
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("handler.py", "def handler(event, context): return {}")
    aws("secretsmanager").create_secret(Name=TOPOLOGY.secrets["richpanel"], SecretString='{"api_key": "key"}')
    functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role="arn:aws:iam::000000000000:role/drifting",
        Handler="handler.handler",
        Code={"ZipFile": archive.getvalue()},
    )

    def point_at(url: str) -> None:
        variables = {"RICHPANEL_BASE_URL": f"{url}/v1", "RICHPANEL_AUTHOR_ID": "agent-1"}
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        version = functions.publish_version(FunctionName=name)["Version"]
        aliases = {alias["Name"] for alias in functions.list_aliases(FunctionName=name)["Aliases"]}
        put = functions.update_alias if "live" in aliases else functions.create_alias
        put(FunctionName=name, Name="live", FunctionVersion=version)

    return point_at


@pytest.fixture
def drift(
    deployed_worker: Callable[[str], None], richpanel: RichpanelSimulator, aws: Callable[[str], Any], clock: FakeClock
) -> Run:
    """Runs the command in the environment whose worker talks to the helpdesk."""
    deployed_worker(richpanel.url)

    def run(*arguments: str) -> int:
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        return run_in(
            Environment(TOPOLOGY, aws), parser.parse_args(["--policy", str(policy_directory()), *arguments]), clock
        )

    return run


def test_a_furnished_helpdesk_has_not_drifted(drift: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """And what no endpoint shows is said all the same."""
    assert drift() == 0
    shown = capsys.readouterr().out
    tags = sum(need.kind == TAG for need in NEEDS)
    assert f"tags: {tags} of {tags} are there" in shown
    assert "agents: 1 of 1 are there" in shown
    assert "not visible through the API: the automation rules" in shown


def test_a_missing_tag_a_missing_team_and_a_missing_author_are_told(
    drift: Run, richpanel: RichpanelSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """With who needs them; one more spelling of the team does not hide it."""
    richpanel.store.tags = {key: name for key, name in richpanel.store.tags.items() if name != "route-sales"}
    richpanel.store.teams = {key: name.replace("Backend", "BACKEND") for key, name in richpanel.store.teams.items()}
    del richpanel.store.users["agent-1"]
    assert drift("--json") == 1
    told = {one["name"]: one for one in require_published("drift", capsys.readouterr().out)["missing"]}
    assert set(told) == {"route-sales", "Backend", "agent-1"}
    assert told["route-sales"]["needed_by"] == "the rule for Sales"
    assert told["Backend"]["similar"] == "BACKEND"


def test_what_the_local_helpdesks_people_forgot_is_found(
    drift: Run, richpanel: RichpanelSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """A team and a tag that the policy names, so that the command can be tried."""
    forgotten = {next(need.name for need in NEEDS if need.kind == kind) for kind in (TAG, TEAM)}
    richpanel.store.tags.clear()
    richpanel.store.teams.clear()
    furnish_helpdesk(richpanel.url, load_policy(), without=frozenset(forgotten))
    assert drift("--json") == 1
    assert {one["name"] for one in json.loads(capsys.readouterr().out)["missing"]} == forgotten


def test_a_forbidden_list_is_not_checked_and_not_called_missing(
    drift: Run, richpanel: RichpanelSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its exit code is not that of drift; with drift elsewhere, drift counts."""
    richpanel.switch(forbidden_lists=["teams"])
    assert drift() == 3
    assert "teams not checked: Richpanel answers 403 to GET /teams" in capsys.readouterr().out
    richpanel.store.tags.clear()
    assert drift() == 1


def test_output_for_programs_is_json_and_nothing_else(
    drift: Run, richpanel: RichpanelSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Retries log; an agent's address is in no line of it."""
    richpanel.arm("server_error", on="GET */tags")
    assert drift("--json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["missing"] == []
    assert "brand.example" not in shown.out + shown.err


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("paged", [["users", "tags", "teams"], ["users"]])
@pytest.mark.parametrize("count", [0, 99, 100, 101, 250])
def test_a_list_is_read_to_its_end(
    richpanel: RichpanelSimulator, clock: FakeClock, paged: list[str], silent: bool, count: int
) -> None:
    """Whether the account pages it or not, and whether its pages say so or not."""
    richpanel.switch(paged_lists=paged, silent_pages=silent)
    richpanel.store.tags = {str(number): f"tag {number}" for number in range(count)}
    http = open_account(f"{richpanel.url}/v1", "key", clock)
    assert (load_list(http, "tags").names, load_list(http, "tags").problem) == (richpanel.store.tags, None)
    http.close()


@pytest.mark.parametrize("keys", ["documented", "singular", "plural"])
def test_agents_are_checked_under_either_key(richpanel: RichpanelSimulator, clock: FakeClock, keys: str) -> None:
    """`users` as documented, `user` as seen in a client."""
    richpanel.switch(list_keys=keys)
    http = open_account(f"{richpanel.url}/v1", "key", clock)
    assert (load_list(http, "users").names, load_list(http, "users").problem) == (richpanel.store.users, None)
    assert load_list(http, "teams").problem is None
    http.close()


def test_a_used_up_budget_is_waited_for(richpanel: RichpanelSimulator, clock: FakeClock) -> None:
    """As long as Richpanel asks."""
    richpanel.arm("rate_limited", on="GET */teams", retry_after="7")
    http = open_account(f"{richpanel.url}/v1", "key", clock)
    assert len(load_list(http, "teams").names) == sum(need.kind == TEAM for need in NEEDS)
    assert sum(clock.slept_seconds) >= 7
    http.close()


@pytest.mark.parametrize(
    ("key", "fault", "words"),
    [
        ("other", {}, "refuses the key"),
        ("key", {"kind": "server_error", "status": 503, "times": 5}, "GET /tags failed"),
        ("key", {"kind": "error", "status": 404}, "answers 404"),
    ],
)
def test_what_stands_in_the_way_is_said(
    richpanel: RichpanelSimulator, clock: FakeClock, key: str, fault: dict[str, Any], words: str
) -> None:
    """And nothing is taken for absent."""
    if fault:
        richpanel.arm(on="GET */tags", **fault)
    http = open_account(f"{richpanel.url}/v1", key, clock)
    assert words in (load_list(http, "tags").problem or "")
    http.close()


def test_without_a_running_system_the_command_says_how_to_start_it(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the other commands do."""
    from rp_mw_local import supervisor

    monkeypatch.setattr(supervisor, "state_dir", lambda: tmp_path)
    assert main(["drift"]) == 3
    assert "make up" in capsys.readouterr().err
