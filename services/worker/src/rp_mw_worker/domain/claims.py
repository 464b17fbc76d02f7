"""The claims ledger: what a reply claims, and the fact that each claim rests on.

    template, variables, statements --to_assertions--> what is claimed, and of which parcel
                                                          | one fact of `proved_by` each, none of `never_with`
                                                          v
                                          Proof (claim, fact, value class, age), or the claim that has none

A claim about the whole order has to hold for every parcel. Where a claim is said with a day, it is the fact's day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rp_mw_worker.domain.claim_rules import ALWAYS
from rp_mw_worker.domain.delivery_window import to_words
from rp_mw_worker.domain.evidence import Evidence, Fact
from rp_mw_worker.domain.policy import Policy

_MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Said:
    """One statement of templates.yaml put into `variable`; `parcel` is the place of the parcel it is about."""

    variable: str
    statement: str
    parcel: int | None = None


@dataclass(frozen=True, slots=True)
class Assertion:
    """One claim as it is made; `value` are the words it is made with, None where it has no value of its own."""

    claim: str
    parcel: int | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """One claim and the fact that proves it; `fact` None: nothing does. `age_hours` None: the fact has no time."""

    claim: str
    fact: str | None
    value: str = ""
    age_hours: int | None = None

    def __str__(self) -> str:
        """`claim:fact:class:hours`, without what is not known at its end: the audit row has few bytes left."""
        age = "" if self.age_hours is None else str(self.age_hours)
        return ":".join((self.claim, self.fact or "unproved", self.value, age)).rstrip(":")


def prove(
    template_id: str,
    variables: Mapping[str, str],
    said: tuple[Said, ...],
    evidence: Evidence,
    policy: Policy,
    now_epoch_ms: int,
    language: str | None,
) -> tuple[Proof, ...]:
    """Return one proof for each claim that the reply would make, those without a fact included."""
    assertions = to_assertions(template_id, variables, said, policy)
    return tuple(
        proof for assertion in assertions for proof in _prove_one(assertion, evidence, policy, now_epoch_ms, language)
    )


def to_assertions(
    template_id: str, variables: Mapping[str, str], said: tuple[Said, ...], policy: Policy
) -> Iterator[Assertion]:
    """Yield what the template claims with these variables, and what each statement in them claims."""
    rule = policy.template_rules.get(template_id)
    for claim, when in (rule.claims if rule else {}).items():
        if when == ALWAYS or when in variables:
            yield Assertion(claim, value=variables.get(when))
    for one in said:
        for claim in policy.claims.statements.get(one.statement, ()):
            yield Assertion(claim, one.parcel, variables.get(one.variable))


def _prove_one(
    assertion: Assertion, evidence: Evidence, policy: Policy, now_epoch_ms: int, language: str | None
) -> Iterator[Proof]:
    rule = policy.claims.claims.get(assertion.claim)
    if rule is None or evidence.find(*rule.never_with, parcel=assertion.parcel):
        yield Proof(assertion.claim, None)
        return
    of_order = _first_fitting(evidence.order, rule.proved_by, assertion.value, language)
    parcels = evidence.by_parcel if assertion.parcel is None else (evidence.by_parcel[assertion.parcel],)
    if of_order is not None or not parcels:
        yield _to_proof(assertion.claim, of_order, now_epoch_ms)
        return
    for facts in dict.fromkeys(parcels):
        yield _to_proof(assertion.claim, _first_fitting(facts, rule.proved_by, assertion.value, language), now_epoch_ms)


def _first_fitting(
    facts: tuple[Fact, ...], names: tuple[str, ...], value: str | None, language: str | None
) -> Fact | None:
    fitting = (fact for fact in facts if fact.name in names and _says_day(fact, value, language))
    return next(fitting, None)


def _says_day(fact: Fact, value: str | None, language: str | None) -> bool:
    return fact.day is None or value is None or to_words(fact.day, language) in value


def _to_proof(claim: str, fact: Fact | None, now_epoch_ms: int) -> Proof:
    if fact is None:
        return Proof(claim, None)
    age = None if fact.at_epoch_ms is None else max(0, now_epoch_ms - fact.at_epoch_ms) // _MS_PER_HOUR
    return Proof(claim, fact.name, fact.value, age)
