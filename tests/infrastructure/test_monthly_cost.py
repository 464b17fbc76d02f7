"""What an environment costs lies within the budget that watches it, and README says which figure covers what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tools import monthly_cost
from tools.monthly_cost import ENVIRONMENTS, Line, bill_of, custom_metrics, running, standing, tfvars
from tools.topology import service_names

ROOT = Path(__file__).resolve().parents[2]
PRICES = yaml.safe_load(monthly_cost.PRICES.read_text("utf-8"))


def total(lines: list[Line]) -> float:
    """US dollars of all of them."""
    return sum(line.usd for line in lines)


def test_every_price_names_its_source_and_day() -> None:
    """A price without either is a guess."""
    assert all(price["source"] and price["read"] for price in PRICES["prices"].values())


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_quiet_month_is_within_the_budget(environment: str) -> None:
    """With its events at the peak's load: no budget reports what was known when it was set."""
    lines = bill_of(environment, PRICES, total(list(running(PRICES, 5_000))) / 1e6)
    assert total(lines) <= monthly_cost.HEARD_SHARE * float(tfvars(environment, "foundation")["monthly_budget_usd"])
    assert {"keys", "secrets", "composite alarms", "metrics that alarms watch"} <= {line.what for line in lines}


def test_a_canary_is_counted_where_there_is_one() -> None:
    """Five alarms of each service, two metrics each."""
    watched = {env: next(iter(standing(env, PRICES))).number for env in ENVIRONMENTS}
    assert watched["staging"] - watched["dev"] == len(service_names(ROOT)) * monthly_cost.CANARY_METRICS


def test_every_metric_of_every_service_that_writes_it_is_counted() -> None:
    """The total, and each value of a dimension."""
    one, more = custom_metrics({"Reason": 1, "Tier": 1}), custom_metrics({"Reason": 2, "Tier": 1})
    assert one > 60
    assert more - one == sum("Reason" in metric.dimensions for metric in monthly_cost.Metric) + _quarantined_twice()


def _quarantined_twice() -> int:
    """Shared code writes Quarantined for worker and enricher, and perhaps others for more than one service."""
    emitters = monthly_cost.emitters_by_metric()
    return sum(len(emitters[one.label]) - 1 for one in monthly_cost.Metric if "Reason" in one.dimensions)


def test_a_budget_that_is_too_small_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """And says where to raise it."""
    small = lambda environment, stack: tfvars(environment, stack) | {"monthly_budget_usd": "5"}  # noqa: E731
    monkeypatch.setattr(monthly_cost, "tfvars", small)
    assert monthly_cost.main() == 1
    assert "terraform/environments/prod/foundation.tfvars: raise monthly_budget_usd" in capsys.readouterr().out


def test_the_readme_says_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A million events with everything, and a month of production: within half a dollar, since log lines vary."""
    assert monthly_cost.main() == 0
    printed = [float(one) for one in re.findall(r"^  together +([\d.]+)$", capsys.readouterr().out, re.MULTILINE)]
    readme = (ROOT / "README.md").read_text("utf-8")
    (row,) = [line for line in readme.splitlines() if "python -m tools.monthly_cost" in line]
    told = [float(one) for one in re.findall(r"\d+(?:\.\d+)?", row.split("|")[2])]
    assert told == pytest.approx([printed[0], *printed[1:]], abs=0.5)
