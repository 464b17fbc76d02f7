"""What each of the release tool's commands does; `__main__` reads the command line."""

from __future__ import annotations

from collections.abc import Sequence

from tools.release.artefact import (
    Artefact,
    download,
    find_built,
    find_uploaded,
    publish,
    require_clean_commit,
    require_uploaded,
    upload,
)
from tools.release.compatibility import MessageVersions, problems
from tools.release.deletions import find_deletions, require_named
from tools.release.environment import ALIAS, Aws, live_release, live_version, published_versions, what_differs
from tools.release.history import bad_versions, find_last_good, load_shifts
from tools.release.pretraffic import check_bytes, check_version
from tools.release.releases import record, require_release
from tools.release.shift import Shifter
from tools.release.terraform import FOUNDATION, SERVICES, DeployError, Stack


def release(aws: Aws, service: str) -> None:
    """Build the service from a clean commit, upload it to the environment's bucket, and name it in its releases."""
    commit = require_clean_commit(aws.root)
    artefact = publish(aws.client("s3"), aws.artefact_bucket, service, commit)
    _record(aws, service, artefact)


def promote(source: Aws, target: Aws, service: str) -> None:
    """Carry the release that the source names to the target's bucket, byte for byte, and name it there."""
    named = require_release(source.environment, service, source.root)
    # the credentials are the target's: they may read the source's bucket, which its promoting_account_ids says
    from_bucket = f"rp-mw-{source.environment}-artefacts-{source.allowed_accounts[0]}"
    artefact = require_uploaded(source.client("s3"), from_bucket, service, named)
    s3, bucket = target.client("s3"), target.artefact_bucket
    there = find_built(s3, bucket, service, artefact.version)
    if there is None:
        upload(s3, bucket, artefact, download(source.client("s3"), from_bucket, artefact))
    elif there.sha256_base64 != artefact.sha256_base64:
        raise DeployError(f"{bucket} has {there.key}, not {artefact.key}: a version is built once and never replaced")
    _record(target, service, artefact)


def plan(aws: Aws, stack: Stack) -> None:
    """Show what a deploy would change; uploads nothing and changes nothing."""
    _require_deployable(aws, stack)
    stack.select()
    with stack.planned() as planned:
        if deletions := find_deletions(planned.content):
            print(f"plan: a deploy refuses this: it takes away {', '.join(deletions)}")


def deploy(aws: Aws, stack: Stack, destroy: Sequence[str]) -> None:
    """Plan to a file, read it, apply it; then shift the alias, where the apply left that to CodeDeploy."""
    _require_deployable(aws, stack)
    stack.select()
    with stack.planned() as planned:
        require_named(planned.content, destroy)
        stack.apply(planned)
    if stack.name != FOUNDATION:
        shift(aws, stack.name)


def shift(aws: Aws, service: str, *, again: bool = False) -> None:
    """Check the newest version's bytes, then with a synthetic event, and shift the alias to it, as its group says.

    `again` tries even a version that did not stand before.
    """
    client, function = aws.client("lambda"), aws.function(service)
    codedeploy = aws.client("codedeploy")
    shifter = Shifter(codedeploy, function)
    shifter.wait_for_active()
    current, target = live_version(client, function), published_versions(client, function)[-1]
    serves_already = current == target
    consequence = "it serves already" if serves_already else "no traffic moves"
    check_bytes(client, function, target, require_release(aws.environment, service, aws.root), consequence)
    check_version(client, service, function, target, consequence)
    if serves_already:
        print(f"{function}: version {target} serves")
        return
    if not again and target in bad_versions(load_shifts(codedeploy, function, ALIAS)):
        raise DeployError(
            f"{function} version {target} did not stand before, version {current} serves: release a fix, or, where the "
            f"cause was elsewhere, make shift ENV={aws.environment} SERVICE={service} AGAIN=yes"
        )
    shifter.shift(current, target)


def roll_back(aws: Aws, service: str) -> None:
    """Send all traffic to the version that served well last; a shift that is under way is stopped instead."""
    client, function = aws.client("lambda"), aws.function(service)
    codedeploy = aws.client("codedeploy")
    shifter = Shifter(codedeploy, function)
    if shifter.stop_active():
        print(f"{function}: the shift was stopped; version {live_version(client, function)} has all traffic again")
        return
    current, published = live_version(client, function), published_versions(client, function)
    shifts = load_shifts(codedeploy, function, ALIAS)
    target = find_last_good(shifts, current, published)
    if target is None:
        target = _older(function, published, current)
    _say_what_stays(client, function, current, target)
    shifter.roll_back(current, target)


def _older(function: str, published: Sequence[str], current: str) -> str:
    older = [version for version in published if int(version) < int(current)]
    if not older:
        raise DeployError(f"{function} has no version before {current} to go back to")
    print(f"{function}: CodeDeploy remembers no good version; {older[-1]} was published before {current}")
    return older[-1]


def _say_what_stays(client: object, function: str, current: str, target: str) -> None:
    back = what_differs(client, function, current, target)
    print(f"{function}: with version {target} go back: {', '.join(back) or 'nothing but the version'}")
    print(
        f"{function}: these stay as the last apply left them: the role's permissions, queues and their mapping, "
        "alarms, the API. If the failure came with them, revert their change, name the older release in releases.json, "
        "and deploy"
    )


def _require_deployable(aws: Aws, stack: Stack) -> None:
    """Refuse a service whose artefact is not there, holds other bytes, or speaks what its neighbours do not read."""
    if stack.name == FOUNDATION:
        return
    named = require_release(aws.environment, stack.name, aws.root)
    artefact = require_uploaded(aws.client("s3"), aws.artefact_bucket, stack.name, named)
    if found := problems(stack.name, artefact.messages, _live_messages(aws)):
        raise DeployError("; ".join(found))


def _live_messages(aws: Aws) -> dict[str, MessageVersions]:
    live = {}
    for service in SERVICES:
        release = live_release(aws.client("lambda"), aws.function(service))
        artefact = find_uploaded(aws.client("s3"), aws.artefact_bucket, service, release) if release else None
        if artefact is not None:
            live[service] = artefact.messages
    return live


def _record(aws: Aws, service: str, artefact: Artefact) -> None:
    path = record(aws.environment, service, artefact.release, aws.root)
    print(f"{service} {artefact.version} ({artefact.sha256_base64}) is {aws.environment}'s release: commit {path.name}")
