"""Whether everything the reply would claim is proved."""

from __future__ import annotations

from rp_mw_worker.domain.claims import Proof, prove
from rp_mw_worker.domain.evidence import Evidence
from rp_mw_worker.domain.gates.gate_input import ALLOWED, NOT_NEEDED, GateInput, Proposal, Verdict, blocked
from rp_mw_worker.domain.model import Case
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.reasons import Reason


def claims_proved(given: GateInput) -> Verdict:
    """Each claim of the reply rests on a fact, and none is refuted by one."""
    proofs = to_proofs(given.proposal, given.case, given.policy)
    if not proofs:
        return NOT_NEEDED
    unproved = sorted({proof.claim for proof in proofs if proof.fact is None})
    return blocked(Reason.CLAIM_UNPROVED, ",".join(unproved)) if unproved else ALLOWED


def to_proofs(proposal: Proposal, case: Case, policy: Policy) -> tuple[Proof, ...]:
    """Return the claims of the one reply that is proposed, each with its fact or none."""
    if proposal.template_id is None:
        return ()
    said, evidence = (proposal.answer.said, proposal.answer.evidence) if proposal.answer else ((), Evidence())
    values, now = proposal.variables, case.now_epoch_ms
    return prove(proposal.template_id, values, said, evidence, policy, now, case.language)
