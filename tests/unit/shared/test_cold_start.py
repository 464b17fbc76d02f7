"""What happens while Lambda initialises a function."""

from __future__ import annotations

import gc
import json

import pytest

from rp_mw_shared.cold_start import build_in_lambda
from rp_mw_shared.errors import ConfigurationError, TransientError
from rp_mw_shared.observability import configure


@pytest.fixture
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a managed runtime."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")


def test_outside_lambda_nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing a handler in a test or a tool must not read secrets."""
    monkeypatch.delenv("AWS_EXECUTION_ENV", raising=False)
    monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API", raising=False)
    built: list[str] = []
    build_in_lambda(lambda: built.append("built"), service="worker")
    assert not built


@pytest.mark.usefixtures("in_lambda")
def test_the_collector_rests_while_building_and_works_afterwards() -> None:
    """Nothing is collected while the function is built; the process collects again when it is."""
    seen: list[bool] = []
    build_in_lambda(lambda: seen.append(gc.isenabled()), service="worker")
    assert seen == [False]
    assert gc.isenabled()


@pytest.mark.usefixtures("in_lambda")
def test_a_wrong_setting_stops_the_start_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The log names the setting and not its value."""

    def build() -> None:
        raise ConfigurationError(["EVENTS_QUEUE_URL is not an address (is 'private'): set it"])

    with pytest.raises(ConfigurationError):
        build_in_lambda(build, service="enricher")
    line = json.loads(capsys.readouterr().out)
    assert (line["message"], line["service"], line["settings"]) == ("start_failed", "enricher", ["EVENTS_QUEUE_URL"])
    assert "private" not in json.dumps(line)
    assert gc.isenabled()


@pytest.mark.usefixtures("in_lambda")
def test_a_passing_trouble_does_not_stop_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    """Secrets Manager may be slow for a moment: the first event builds again."""

    def build() -> None:
        configure(service="worker", env="dev")
        raise TransientError("Secrets Manager was slow", code="secret_unreadable")

    build_in_lambda(build, service="worker")
    assert json.loads(capsys.readouterr().out)["error_code"] == "secret_unreadable"
