"""What the worker's start loads: not the domain's searching and deciding, which a duplicate never needs."""

from __future__ import annotations

import subprocess
import sys

# What `wiring.build` imports, without the clients it makes, and the classifier that is in memory from the start.
START = (
    "rp_mw_worker.handler",
    "rp_mw_worker.adapters.records_dynamodb",
    "rp_mw_worker.adapters.richpanel.helpdesk",
    "rp_mw_worker.adapters.richpanel.contacts",
    "rp_mw_worker.classifiers.cascade",
    "rp_mw_worker.classifiers.embedded",
    "rp_mw_worker.policy.loader",
)
LATER = {
    *("rp_mw_worker.domain.decide", "rp_mw_worker.domain.screen", "rp_mw_worker.domain.message_text"),
    *("rp_mw_worker.domain.entities", "rp_mw_worker.domain.phrases", "rp_mw_worker.domain.interpretation"),
    *("rp_mw_worker.domain.machine_mail", "rp_mw_worker.domain.order_answer", "rp_mw_worker.steps.make_decision"),
    *("babel", "eld", "holidays", "phonenumbers", "openai", "pydantic", "httpx2", "yaml", "selectolax", "stdnum"),
    "numpy",
}


def test_the_start_loads_neither_the_domain_nor_a_library_that_only_an_event_needs() -> None:
    """In a process of its own, as Lambda starts one."""
    code = f"import sys, importlib; [importlib.import_module(name) for name in {START}]; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "rp_mw_worker.policy.loader" in told
    assert not LATER & set(told)
