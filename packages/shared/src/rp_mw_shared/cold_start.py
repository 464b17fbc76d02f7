"""Builds a function's parts while Lambda initialises it, where CPU is plentiful and no event waits."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable

from rp_mw_shared.errors import ConfigurationError, RpMwError
from rp_mw_shared.observability import LogEvent, configure, initialisation, log


def build_in_lambda(build: Callable[[], object], *, service: str) -> None:
    """Call `build` with the collector off; do nothing outside Lambda.

    Importing and building make objects that live for ever: collecting among them costs and frees nothing, so they are
    frozen. Raises ConfigurationError after naming the settings in the log; any other error of ours is logged, and the
    first event builds again.
    """
    if "AWS_LAMBDA_RUNTIME_API" not in os.environ and "AWS_EXECUTION_ENV" not in os.environ:
        return
    gc.disable()
    try:
        with initialisation():
            _build(build, service)
    finally:
        gc.freeze()
        gc.enable()


def _build(build: Callable[[], object], service: str) -> None:
    try:
        build()
    except ConfigurationError as error:
        configure(service=service, env=os.environ.get("RP_MW_ENV", "unset"))
        log(LogEvent.START_FAILED, settings=[problem.split()[0] for problem in error.problems])
        raise
    except RpMwError as error:
        log(LogEvent.START_FAILED, error_code=error.code)
