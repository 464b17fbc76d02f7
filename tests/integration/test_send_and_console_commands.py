"""`rp-mw send` and `rp-mw console` as they are typed: what they do, and what they say."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from rp_mw_local.simulators.richpanel import RichpanelSimulator
from rp_mw_ops.cli import main
from rp_mw_ops.commands import send
from rp_mw_ops.commands.send import load_samples
from tests.fakes.http_stub import HttpStub
from tests.fakes.json_answers import require_published


@pytest.fixture
def webhook() -> Iterator[HttpStub]:
    """What answers as the ingress does."""
    with HttpStub() as stub:
        yield stub


@pytest.fixture
def richpanel(webhook: HttpStub, monkeypatch: pytest.MonkeyPatch) -> Iterator[RichpanelSimulator]:
    """The local helpdesk beside that webhook, as a running system says how to reach them."""
    simulator = RichpanelSimulator("key")
    simulator.start()
    running: dict[str, Any] = {
        "simulators": {"richpanel": simulator.url},
        "webhook_url": f"{webhook.url}/v1/richpanel/events",
        "webhook_token": "hook-secret",
    }
    monkeypatch.setattr(send, "require_running", lambda: running)
    yield simulator
    simulator.stop()


def test_a_sample_is_written_in_the_helpdesk_and_its_webhook_posted(
    richpanel: RichpanelSimulator, webhook: HttpStub, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what the webhook answered, and how to go on."""
    webhook.reply(200, {"status": "accepted"})
    assert main(["send", "--sample", "tracked"]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"200 accepted in \d+ ms", first)
    conversation = second.removeprefix("conversation ")
    assert third == f"next: rp-mw explain '{conversation}' --wait 60"
    (posted,) = webhook.requests
    assert posted.headers["x-middleware-token"] == "hook-secret"
    assert conversation in posted.body.decode()
    ticket = richpanel.store.tickets[conversation]
    assert load_samples()["tracked"]["text"] in str(ticket)


def test_copies_are_posted_at_once_and_told_to_programs(
    richpanel: RichpanelSimulator, webhook: HttpStub, capsys: pytest.CaptureFixture[str]
) -> None:
    """One answer for each."""
    webhook.reply(200, {"status": "accepted"})
    assert main(["send", "--text", "Where is it?", "--copies", "3", "--minimal", "--json"]) == 0
    told = require_published("send", capsys.readouterr().out)
    assert [one["http_status"] for one in told["answers"]] == [200, 200, 200]
    assert {request.json()["ticket_id"] for request in webhook.requests} == {told["conversation_id"]}


def test_a_webhook_that_refuses_is_a_finding(
    richpanel: RichpanelSimulator, webhook: HttpStub, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what it said."""
    webhook.reply(401, {"title": "Unauthorized"})
    assert main(["send", "--text", "Where is it?"]) == 1
    assert capsys.readouterr().out.startswith("401 Unauthorized in ")


def test_nothing_to_say_is_wrong_usage(richpanel: RichpanelSimulator, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what to give."""
    assert main(["send"]) == 2
    assert capsys.readouterr().err == "rp-mw: nothing to send: give --sample NAME or --text '...'\n"


@pytest.fixture
def console() -> Iterator[subprocess.Popen[str]]:
    """`rp-mw console` on a free port, read through a pipe; ended whatever comes."""
    command = [sys.executable, "-m", "rp_mw_ops.cli", "console", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as started:
        end = threading.Timer(60, started.kill)
        end.start()
        yield started
        end.cancel()
        started.kill()


def test_the_console_says_where_it_is_and_serves_until_ctrl_c(console: subprocess.Popen[str]) -> None:
    """One address that holds the run's key, for this machine; it answers, and ends with 0."""
    assert console.stdout is not None
    entrance = re.fullmatch(r"local at (http://127\.0\.0\.1:\d+/\?key=\S+)\n", console.stdout.readline())
    assert entrance
    assert console.stdout.readline() == "for this machine only; Ctrl-C ends it\n"
    page = httpx2.get(entrance[1], follow_redirects=True, timeout=10)
    assert (page.status_code, "<title>" in page.text) == (200, True)
    os.killpg(console.pid, signal.SIGINT)
    assert console.communicate(timeout=30) == ("", "")
    assert console.returncode == 0


def test_a_console_without_a_port_says_which_one(capsys: pytest.CaptureFixture[str]) -> None:
    """And the option that chooses another."""
    assert main(["console", "--port", "65536"]) == 2
    assert "port 65536 cannot be used" in capsys.readouterr().err
