"""The intent is closed and tolerant exactly where it says so, whatever plan it is held against; no Terraform needed."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.intent.by_hand import load_mistakes
from tools.intent.compare import Comparison
from tools.intent.expected import load
from tools.intent.hcl import HclMutator
from tools.intent.matching import differences
from tools.intent.plans import Planned, Schemas
from tools.intent.policies import differences as policy_differences
from tools.intent.wrong import POLICY_MISTAKES, CannotError, wrong_value
from tools.tf.workspace import ROOT

TEXT = {"type": "string", "optional": True}
SCHEMAS = Schemas(
    {
        "aws_sqs_queue": {
            "attributes": {
                "name": TEXT,
                "fifo_queue": {"type": "bool", "optional": True},
                "delay_seconds": {"type": "number", "optional": True},
                "arn": {"type": "string", "computed": True},
                "tags_all": {"type": ["map", "string"], "optional": True, "computed": True},
            }
        },
        "aws_sqs_queue_policy": {"attributes": {"policy": TEXT}},
    }
)
INTENT: dict[str, Any] = {
    "account": "123456789012",
    "region": "us-east-2",
    "environments": {"dev": {"switched_on": []}},
    "store": {"type": "s3", "config": {"key": "<stack>.tfstate", "use_lockfile": True}},
    "provider": {"version_constraint": {"matches": r"\d+\.\d+\.\d+"}, "guards": ["allowed_account_ids"]},
    "tags": {"environment": "<env>"},
    "references": {},
    "reads": [{"stacks": ["foundation"], "named": {"aws_sqs_queue": {"name": ["q-<env>"]}}}],
    "resources": [
        {
            "type": "aws_sqs_queue",
            "stacks": ["foundation"],
            "called": "name",
            "kept": True,
            "these": {"q-<env>": {"name": "<name>", "fifo_queue": True}},
        }
    ],
    "alarms": {"foundation": {}},
}
QUEUE = {"name": "q-dev", "fifo_queue": True, "delay_seconds": None, "arn": "arn:x", "tags_all": {"environment": "dev"}}


def _said(
    *resources: tuple[str, dict[str, Any]],
    reads: tuple[dict[str, Any], ...] = (),
    store: dict[str, Any] | None = None,
    guards: tuple[str, ...] = ("allowed_account_ids",),
    kept: frozenset[str] | None = frozenset({"aws_sqs_queue.0"}),
    stack: str = "foundation",
) -> str:
    """What the intent says of a plan that holds these resources."""
    found = [
        {"mode": "managed", "type": kind, "address": f"{kind}.{number}", "values": values}
        for number, (kind, values) in enumerate(resources)
    ]
    read = [{"mode": "data", "type": "aws_sqs_queue", "address": "data.q", "values": values} for values in reads]
    document = {
        "planned_values": {"root_module": {"resources": found}},
        "prior_state": {"values": {"root_module": {"resources": read}}},
        "configuration": {
            "provider_config": {"aws": {"version_constraint": "6.1.0", "expressions": dict.fromkeys(guards)}}
        },
    }
    wanted_store = {"type": "s3", "config": {"key": f"{stack}.tfstate", "use_lockfile": True, "acl": None}}
    planned = Planned("dev", stack, document, wanted_store if store is None else store, kept)
    return "\n".join(str(one) for one in Comparison(INTENT, SCHEMAS, planned).differences())


def test_a_plan_as_intended_has_no_difference() -> None:
    """What the provider computes and what nobody set says nothing."""
    assert _said(("aws_sqs_queue", QUEUE), reads=({"name": "q-dev"},)) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fifo_queue": False}, "fifo_queue is False, not True"),
        ({"delay_seconds": 9}, "delay_seconds is 9, of which the intent says nothing"),
        ({"delay_seconds": 0}, "delay_seconds is 0, of which the intent says nothing"),
        ({"tags_all": {"environment": "prod"}}, "tags_all.environment is 'prod', not 'dev'"),
        ({"name": "q-prod"}, "'q-dev' is missing"),
        ({"name": "q-prod"}, "'q-prod' (aws_sqs_queue.0) is not intended"),
    ],
)
def test_each_argument_is_held_to_the_intent(change: dict[str, Any], words: str) -> None:
    """Another value, an argument too many, another name."""
    assert words in _said(("aws_sqs_queue", QUEUE | change))


def test_the_world_is_closed() -> None:
    """A type, a second resource, a look-up that nobody named."""
    assert "a type the intent does not know" in _said(
        ("aws_sqs_queue", QUEUE), ("aws_sqs_queue_policy", {"policy": "{}"})
    )
    assert "is not intended" in _said(("aws_sqs_queue", QUEUE), ("aws_sqs_queue", QUEUE))
    assert "has no business with it" in _said(("aws_sqs_queue", QUEUE), reads=({"name": "q-prod"},))


def test_a_stack_that_nobody_named_has_nothing_to_make() -> None:
    """What it makes is told one by one, an alarm too."""
    assert _said(stack="planted") == ""
    assert "a type the intent does not know" in _said(("aws_sqs_queue", QUEUE), stack="planted")


def test_state_lock_account_and_protection_are_held_too() -> None:
    """Another state's key, no lock, any account, a queue that may be destroyed."""
    other = {"type": "s3", "config": {"key": "worker.tfstate", "use_lockfile": None}}
    said = _said(("aws_sqs_queue", QUEUE), store=other, guards=(), kept=frozenset())

    for words in ("config.key is 'worker.tfstate'", "config.use_lockfile is None", "allowed_account_ids is not set"):
        assert words in said
    assert "may be destroyed" in said


@pytest.mark.parametrize(
    ("expected", "good", "bad"),
    [
        ({"between": [30, 90]}, ["30", 90, 45.5], [29, 91, "ninety", None, True]),
        ({"one_of": [None, "x"]}, [None, "", "x"], ["y", False]),
        ({"matches": "a+"}, ["a", "aaa"], ["ab", "", None]),
        ({"free": "why"}, ["x", 1], [None, "", []]),
        ({"json": {"a": [1, 2]}}, ['{"a": [2, 1]}'], ['{"a": [1]}', '{"a": [1, 2], "b": 1}', "no", None]),
        ({"alarms": {"OR": ["a", "b"]}}, ['ALARM("b") OR ALARM("a")'], ['ALARM("a")', 'ALARM("a") AND ALARM("b")']),
        (
            [{"x": 1}, {"x": 2}],
            [[{"x": 2}, {"x": 1}]],
            [[{"x": 1}], [{"x": 1}, {"x": 1}], [{"x": 1}, {"x": 2, "y": 1}]],
        ),
        ({"x": 1}, [{"x": 1, "y": None}, [{"x": 1}]], [{"x": 1, "y": 2}, {}, [{"x": 1}, {"x": 1}]]),
        (True, [True], [1, "true", None]),
    ],
)
def test_each_word_takes_what_it_says_and_nothing_else(expected: Any, good: list[Any], bad: list[Any]) -> None:
    """Values within, and values just beside."""
    assert [one for one in good if any(differences(expected, one))] == []
    assert [one for one in bad if not any(differences(expected, one))] == []


STATEMENTS = [
    {
        "allow": ["sqs:SendMessage", "sqs:GetQueueUrl"],
        "at": ["arn:q", "arn:secret-??????"],
        "if": {"Bool": {"tls": ["true"]}},
    },
    {"deny": ["sqs:*"], "to": {"Service": ["sns", "s3"]}, "at": ["arn:q"]},
]
OF_BOTH = {"Effect": "Allow", "Resource": ["arn:secret-ab12CD", "arn:q"], "Condition": {"Bool": {"tls": "true"}}}
POLICY = {
    "Statement": [
        {"Sid": "B", "Effect": "Deny", "Action": "sqs:*", "Resource": "arn:q", "Principal": {"Service": ["s3", "sns"]}},
        OF_BOTH | {"Sid": "A", "Action": "sqs:SendMessage"},
        OF_BOTH | {"Action": ["sqs:GetQueueUrl"]},
    ]
}


def test_a_policy_is_what_it_grants_however_it_is_written() -> None:
    """Order, grouping, names and a secret's own ending do not matter."""
    assert list(policy_differences(STATEMENTS, json.dumps(POLICY))) == []


@pytest.mark.parametrize("mistake", POLICY_MISTAKES)
def test_every_mistake_in_a_policy_is_a_difference(mistake: Any) -> None:
    """Each kind, in each statement that it can be made in."""
    made = 0
    for index in range(len(POLICY["Statement"])):
        policy = json.loads(json.dumps(POLICY))
        try:
            wrong = mistake(random.Random(index), policy, policy["Statement"][index])
        except CannotError:
            continue
        made += 1
        assert list(policy_differences(STATEMENTS, json.dumps(wrong))) != []
    assert made > 0


def test_a_wrong_value_is_another_value() -> None:
    """Whatever is there, what is put for it differs."""
    rng = random.Random(7)
    for value in (True, 5, "rp-mw-dev-x", "30", ["a", "b"], {"a": "b"}, '{"a": 1}'):
        tried = [wrong_value(rng, json.loads(json.dumps(value)), "string") for _ in range(50)]
        assert value not in tried


def test_the_intent_covers_every_stack_and_says_its_sources() -> None:
    """Sections of types say where they are from; the alarms of every stack are there."""
    text = (ROOT / "tests" / "infrastructure" / "intent.yaml").read_text("utf-8")
    assert text.count("Source:") >= 20
    assert set(load()["alarms"]) >= {"foundation", "ingress", "worker", "enricher"}


def test_an_owners_retention_is_the_owners() -> None:
    """The bands of the owner's document, section 5, and no day beyond."""
    groups = [entry for entry in load()["resources"] if entry["type"] == "aws_cloudwatch_log_group"]
    bands = groups[0]["each"]["retention_in_days"]["per"]
    for environment, low, high in (("dev", 7, 14), ("staging", 14, 30), ("prod", 30, 90)):
        assert all(low <= days <= high for days in bands[environment]["one_of"])


def test_there_are_at_least_sixty_mistakes_by_hand() -> None:
    """Each with a name of its own, and each in a stack."""
    mistakes = load_mistakes()
    assert len({mistake["name"] for mistake in mistakes}) == len(mistakes) >= 60
    assert {mistake["in"] for mistake in mistakes} == {"foundation", "ingress", "worker", "enricher"}


def test_every_seeded_mistake_still_fits_its_source() -> None:
    """A mistake whose text is gone is one that nobody makes any more."""
    seeded = yaml.safe_load((ROOT / "tools" / "tf" / "seeded_mistakes.yaml").read_text("utf-8"))
    gone = [one["name"] for one in seeded if one["find"] not in (ROOT / one["file"]).read_text("utf-8")]
    assert gone == []


def test_mistakes_in_the_code_follow_from_their_seed(tmp_path: Path) -> None:
    """The same seed makes the same ones, another seed others, and each changes its file."""
    folder = tmp_path / "terraform" / "modules" / "fifo_queue"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text((ROOT / "terraform/modules/fifo_queue/main.tf").read_text("utf-8"), "utf-8")

    def made(seed: int) -> list[str]:
        mutator = HclMutator(tmp_path, seed)
        mistakes = [mutator.mistake() for _ in range(10)]
        assert all(one.after != one.before and one.stack == "foundation" for one in mistakes)
        return [one.words for one in mistakes]

    assert made(1) == made(1) != made(2)


def test_no_mistake_is_made_in_a_module_that_no_stack_calls(tmp_path: Path) -> None:
    """The consumers' module is tried in the first stack of one file, and left out while there is none."""
    module = tmp_path / "terraform" / "modules" / "consumer"
    shutil.copytree(ROOT / "terraform/modules/consumer", module, ignore=shutil.ignore_patterns(".terraform*"))
    assert HclMutator(tmp_path, 1).places == []
    stack = tmp_path / "terraform" / "stacks" / "planted"
    stack.mkdir(parents=True)
    (stack / "main.tf").touch()
    mutator = HclMutator(tmp_path, 1)
    made = [mutator.mistake() for _ in range(5)]
    assert {(one.file, one.stack) for one in made} == {("terraform/modules/consumer/main.tf", "planted")}
