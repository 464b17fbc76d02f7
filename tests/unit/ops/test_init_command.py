"""`rp-mw init` writes a first settings.yaml of the helpdesk's own teams, with questions where nobody can know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rp_mw_local.simulators.richpanel import RichpanelSimulator
from rp_mw_local.simulators.seeding import seed
from rp_mw_ops.cli import parse
from rp_mw_ops.commands.init import run_in
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import OpsError, UsageError
from rp_mw_ops.first_settings import slug_of
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_worker.policy import loader
from tests.fakes.json_answers import require_published


class Aws:
    """The helpdesk's key, and the worker's settings."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def get_secret_value(self, **_: str) -> dict[str, str]:
        """The key."""
        return {"SecretString": '{"api_key": "key"}'}

    def get_function_configuration(self, **_: str) -> dict[str, Any]:
        """Where the helpdesk is."""
        return {"Environment": {"Variables": {"RICHPANEL_BASE_URL": self.base_url}}}


@pytest.fixture
def richpanel() -> Iterator[RichpanelSimulator]:
    """A helpdesk with three teams of its own, one tag, and a ticket of a channel nobody knows."""
    simulator = RichpanelSimulator("key", FakeClock().now_epoch_ms)
    simulator.start()
    simulator.store.teams = {"t1": "Sales", "t2": "Müller & Söhne: VIP", "t3": "Night Shift"}
    simulator.store.tags = {"g1": "route-sales"}
    seed(
        simulator.url, {"customer_message": {"text": "hello", "email": "ana@example.com", "channel": "carrier_pigeon"}}
    )
    yield simulator
    simulator.stop()


def init(richpanel: RichpanelSimulator, out: Path, *arguments: str) -> int:
    """Run it."""
    aws = Aws(f"{richpanel.url}/v1")
    environment = Environment(load_topology("dev"), lambda _: aws)
    return run_in(environment, parse(["init", "--env", "dev", "--out", str(out), *arguments]), FakeClock())


def test_the_file_has_the_helpdesks_teams_and_is_a_valid_policy(
    richpanel: RichpanelSimulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the policy's intents still need stays, with a question."""
    for source in loader.POLICY_DIRECTORY.glob("*.yaml"):
        if source.name != "settings.yaml":
            (tmp_path / source.name).write_bytes(source.read_bytes())
    assert init(richpanel, tmp_path / "settings.yaml") == 0
    teams = loader.load_policy(tmp_path).settings.teams
    assert (teams["Sales"].slug, teams["Night Shift"].slug) == ("sales", "night-shift")
    assert teams["Müller & Söhne: VIP"].slug == "muller-sohne-vip"
    shown = capsys.readouterr().out
    assert '? team "Leadership" is not in the helpdesk: make it, or send its intents elsewhere' in shown
    assert "? tag route-night-shift is not in the helpdesk: make it, with a rule that assigns" in shown
    assert '? channel "carrier_pigeon" is in no channels.yaml: add it there' in shown
    assert "route-sales is not" not in shown


def test_nothing_is_written_over(richpanel: RichpanelSimulator, tmp_path: Path) -> None:
    """A reviewed file is worth more than a first one."""
    (tmp_path / "settings.yaml").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="is there already"):
        init(richpanel, tmp_path / "settings.yaml")
    assert (tmp_path / "settings.yaml").read_text("utf-8") == "mine"


def test_a_list_that_may_not_be_read_is_told(
    richpanel: RichpanelSimulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the tickets the file is written and incomplete; without the teams it is not written."""
    richpanel.arm(on="GET */tickets", kind="error", status=403)
    assert init(richpanel, tmp_path / "one.yaml", "--json") == 3
    told = require_published("init", capsys.readouterr().out)
    assert (len(told["teams"]), list(told["unread"])) == (3, ["channels"])
    richpanel.api_key = "rotated"
    with pytest.raises(OpsError, match="nothing was written: Richpanel refuses the key"):
        init(richpanel, tmp_path / "two.yaml")
    assert not (tmp_path / "two.yaml").exists()


def test_a_helpdesk_without_teams_gives_the_policys_own_with_questions(
    richpanel: RichpanelSimulator, tmp_path: Path
) -> None:
    """Empty, and still a file to work with."""
    richpanel.store.teams = {}
    assert init(richpanel, tmp_path / "settings.yaml") == 0
    assert "  Sales: {slug: sales}  # ?" in (tmp_path / "settings.yaml").read_text("utf-8")


def test_a_name_in_another_script_still_gets_a_tag() -> None:
    """To be reviewed."""
    assert slug_of("配送") == "team"
