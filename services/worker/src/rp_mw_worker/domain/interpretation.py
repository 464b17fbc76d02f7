"""What the customer means, before anything is decided: intents, urgency, escalation, whether they answer us, and
what of it stays with the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.domain.codes import CODE_MASK, CODE_REPLIES
from rp_mw_worker.domain.comments import STRANGERS
from rp_mw_worker.domain.entities import DATE, ORDER_NUMBER, order_numbers
from rp_mw_worker.domain.machine_mail import WRITTEN_BY_MACHINE, as_sent, find_verdicts, persons_own_sentences
from rp_mw_worker.domain.model import (
    AWAITING_CODE,
    AWAITING_ORDER,
    AWAITING_ORDER_NUMBER,
    Case,
    ConversationState,
    Entity,
    Intent,
    PendingFlow,
)
from rp_mw_worker.domain.policy import UNKNOWN_INTENT, IntentRule, Penalties, Policy
from rp_mw_worker.domain.screen import (
    CALLED_LATE,
    asks_for_order,
    escalations,
    find_matters,
    is_at_peace,
    screen,
    wants_human,
)

ASK_ORDER_NUMBER = "ask_order_number"
ASK_WHICH_ORDER = "ask_which_order"
ASKS_FOR_NUMBER = frozenset({ASK_ORDER_NUMBER, ASK_WHICH_ORDER})
ORDER_NUMBER_UNMATCHED = "order_number_unmatched"
HUMAN_RISK_FLAG = "human_requested"
DEFAULT_DAYS = "default"
_OWN_MODEL = "embedded"
_DECIMALS = 4  # keeps 0.8 - 0.1 from becoming 0.7000000000000001, which would flip a threshold
_NAME_AT_END = re.compile(
    r"(?:(?:^|\n)\s{0,9}(?P<full>[A-Z][^\W\d_]{1,20}[ -][A-Z][^\W\d_]{1,20})"
    r"|(?:,\s{1,9}|(?i:thanks|thank you|regards|cheers|best|danke|merci|gracias|grazie|bedankt)[\s,.!]{1,9})"
    r"(?P<name>[A-Z][^\W\d_]{1,20}(?:[ -][A-Z][^\W\d_]{1,20})?))\W{0,9}$"
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """`label` leads; `confidence` is the route's, `reply_confidence` the leading intent's own, both after penalties.

    `rule` is the label's own. `risk_flags` keep a conversation with people: the tier-0 labels, and a person asked for.
    `labels` is everything named anywhere, however faintly: it forbids, it never permits. `present` are the intents
    strong enough to count. `numbers` are the order numbers given. `answers_us`: this message gives the number or the
    code our own question asked for. `calls_it_late`: the order is called late, stuck or lost. `machine` are the
    verdicts of `machine_mail`: of a machine's mail the model's tier 0 and the numbers do not count. `matters` are the
    kinds of `screen.find_matters`.
    """

    label: str
    rule: IntentRule
    confidence: float
    reply_confidence: float
    labels: frozenset[str]
    present: frozenset[str]
    numbers: tuple[str, ...]
    word_count: int
    escalation_words: frozenset[str]
    escalation_intents: frozenset[str]
    certain_escalation: bool
    human_requested: bool
    calls_it_late: bool
    machine: frozenset[str]
    answers_us: bool
    failure: str | None
    unknown_labels: bool
    risk_flags: frozenset[str]
    matters: frozenset[str]


def understand(case: Case, policy: Policy) -> Reading:
    """Return what the case's text and classification say together."""
    machine = find_machine_verdicts(case, policy)
    is_machine = WRITTEN_BY_MACHINE in machine
    words_read = persons_own_sentences(case.text, policy.machine) if is_machine else case.text
    hits = case.screen_hits | screen(words_read, policy.screen, case.language)
    flags = frozenset() if is_machine else case.classification.risk_flags
    words, flagged = escalations(hits - case.harmless_hits, policy.screen), escalations(flags, policy.screen)
    human_requested = wants_human(hits, policy.screen) or HUMAN_RISK_FLAG in flags
    given = order_numbers(case.entities)
    numbers = () if is_machine else given
    pending = _find_continued(case, numbers)
    matters = find_case_matters(case, given, policy)
    named = _effective_intents(case, pending, policy)
    named = _without_tier0(named, policy) if is_machine else named
    doubted = escalations(hits & case.harmless_hits, policy.screen) - words  # forbids a reply, and decides no team
    if pending is None and not words and _is_own_model_in_doubt(case, named, policy):
        doubted |= policy.tier0_labels & (flags | frozenset(intent.label for intent in named))
        named, flags = _without_tier0(named, policy), flags - policy.tier0_labels
        flagged = escalations(flags, policy.screen)
    intents = _with_worded_question(named, matters, policy) if pending is None else named
    present = _present((*named, *intents), policy)
    labels = frozenset(intent.label for intent in intents) | flags | flagged
    count = word_count(case.text)
    label = _leading(intents, present, words | (present & policy.tier0_labels), labels, policy)
    labels |= doubted
    rule, urgent = policy.rule(label), labels & policy.tier0_labels
    confidence, reply_confidence = _confidences(intents, label, rule.team, count, pending, policy)
    return Reading(
        label=label,
        rule=rule,
        confidence=confidence,
        reply_confidence=reply_confidence,
        labels=labels,
        present=present,
        numbers=numbers,
        word_count=count,
        escalation_words=words,
        escalation_intents=urgent,
        certain_escalation=bool(words or present & policy.tier0_labels),
        human_requested=human_requested,
        calls_it_late=CALLED_LATE in hits,
        machine=machine,
        answers_us=pending is not None and _asked_for_number(case),
        failure=_find_failure(case),
        unknown_labels=any(intent.label not in policy.intents for intent in case.classification.intents),
        matters=matters,
        risk_flags=words | urgent | ({HUMAN_RISK_FLAG} if human_requested else frozenset()),
    )


def find_case_matters(case: Case, numbers: tuple[str, ...], policy: Policy) -> frozenset[str]:
    """Return the kinds of matters the new messages speak of, with those of the flow they go on with.

    `numbers` are the order numbers they give.
    """
    pending = _find_continued(case, numbers)
    return _own_matters(case, policy) | frozenset(pending.matters if pending else ())


def _own_matters(case: Case, policy: Policy) -> frozenset[str]:
    if case.matters is not None:
        return case.matters
    return find_matters(case.text, case.entities, policy.matters, case.language)


def _with_worded_question(intents: tuple[Intent, ...], matters: frozenset[str], policy: Policy) -> tuple[Intent, ...]:
    """Return the intents with an order question that the words prove: whatever is less urgent gives way to it.

    Of the order intents the one the classifier likes best; what is more urgent stays, and forbids what it forbids.
    """
    labels = [label for label, rule in policy.intents.items() if rule.answers_with_order]
    if not intents or not labels or not asks_for_order(matters):
        return intents
    named = next((intent for intent in intents if intent.label in labels), Intent(labels[0], 0.0))
    proved = Intent(named.label, max(named.confidence, policy.settings.thresholds.worded))
    limit = policy.rule(proved.label).priority
    others = (intent for intent in intents if policy.rule(intent.label).priority < limit)
    return (proved, *others)


def find_machine_verdicts(case: Case, policy: Policy) -> frozenset[str]:
    """Return what the new messages are taken for, where the case does not know it yet."""
    if case.machine_marks is not None:
        return case.machine_marks
    texts = [as_sent(message) for message in case.new_messages] or [case.text]
    return find_verdicts(case.ticket.sender_marks, case.ticket.tags, texts, policy.machine)


def _without_tier0(intents: tuple[Intent, ...], policy: Policy) -> tuple[Intent, ...]:
    return tuple(intent for intent in intents if intent.label not in policy.tier0_labels)


def _is_own_model_in_doubt(case: Case, named: tuple[Intent, ...], policy: Policy) -> bool:
    """Tell whether the embedded model, not sure of it, sees tier 0 where the words are at peace."""
    if case.classification.classifier != _OWN_MODEL:
        return False
    tier0 = [intent.confidence for intent in named if intent.label in policy.tier0_labels]
    if not tier0 or max(tier0) >= policy.settings.thresholds.peaceful_tier0:
        return False
    return is_at_peace(f"{case.ticket.subject}\n{case.text}", policy.screen, case.language)


def word_count(text: str) -> int:
    """Return the number of words and numbers in `text`."""
    return len(_WORD.findall(text))


def find_active_pending(case: Case) -> PendingFlow | None:
    """Return the question in the air, or None when there is none or its time has passed."""
    pending = case.state.pending
    return pending if pending and pending.expires_at_epoch_ms > case.now_epoch_ms else None


def to_pending_intents(case: Case, reading: Reading, policy: Policy) -> tuple[Intent, ...]:
    """Return what to remember of a message whose answer has to wait: the leading intent, and all that forbids."""
    urgent = policy.settings.no_tier2_priority
    others = (
        Intent(label, 0.0)
        for label in sorted(reading.labels - {reading.label})
        if label in policy.intents and policy.intents[label].priority <= urgent
    )
    return (Intent(reading.label, reading.reply_confidence), *others)


def find_answered_flow(
    text: str, entities: Sequence[Entity], state: ConversationState, now_epoch_ms: int, policy: Policy
) -> tuple[Intent, ...]:
    """Return what the conversation was about, when `text` is nothing but the order number we asked for; else ().

    `#1001, thanks` says nothing a classifier could read: its answer would be noise that forbids the reply.
    """
    pending = state.pending
    if pending is None or pending.kind != AWAITING_ORDER_NUMBER or pending.expires_at_epoch_ms <= now_epoch_ms:
        return ()
    return pending.intents if says_only_number(text, entities, policy.filler_words) else ()


def says_only_number(text: str, entities: Sequence[Entity], fillers: frozenset[str]) -> bool:
    """Tell whether `text` is an order number and its date with nothing but `fillers` and a name at the end."""
    if not any(entity.type == ORDER_NUMBER and entity.end > entity.start for entity in entities):
        return False
    for entity in sorted(entities, key=lambda entity: -entity.start):
        if entity.type in {ORDER_NUMBER, DATE}:
            text = f"{text[: entity.start]} {text[entity.end :]}"
    return _says_nothing(text, fillers)


def says_only_answer(text: str, entities: Sequence[Entity], fillers: frozenset[str]) -> bool:
    """Tell whether `text` is nothing but what we asked for: an order number, or a one-time code."""
    return says_only_number(text, entities, fillers) or says_only_code(text, fillers)


def says_only_code(text: str, fillers: frozenset[str]) -> bool:
    """Tell whether `text` is a masked one-time code with nothing but `fillers` and a name at the end."""
    return CODE_MASK in text and _says_nothing(text.replace(CODE_MASK, " "), fillers)


def _says_nothing(text: str, fillers: frozenset[str]) -> bool:
    """Tell whether all is fillers, with a name at the end after thanks, a greeting or on a line of its own."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    if all(word in fillers for word in words):
        return True
    before, name = _parted_name(text)
    return bool(name) and all(word.lower().replace("’", "'") in fillers for word in _WORD.findall(before))


def _parted_name(text: str) -> tuple[str, str]:
    """Return the text before a name of two words on the last line, or of one or two after a comma or a closing."""
    found = _NAME_AT_END.search(text)
    return (text[: found.start()], found["name"] or found["full"]) if found else (text, "")


def _find_continued(case: Case, numbers: tuple[str, ...]) -> PendingFlow | None:
    """The flow this event goes on with: the number we asked for has come, or the order we looked up."""
    pending = find_active_pending(case)
    if pending is None or not pending.intents:
        return None
    if pending.kind == AWAITING_ORDER_NUMBER:
        return pending if numbers else None
    if pending.kind == AWAITING_CODE:
        return pending if case.code is not None and case.code.attempt is not None else None
    return pending if pending.kind == AWAITING_ORDER and case.order_lookup is not None else None


def _asked_for_number(case: Case) -> bool:
    replies = sorted(case.state.auto_replies, key=lambda reply: reply.sent_at_epoch_ms)
    return bool(replies) and replies[-1].template_id in ASKS_FOR_NUMBER | CODE_REPLIES


def _find_failure(case: Case) -> str | None:
    found = case.classification
    return found.failure or (None if found.intents else "no_intents")


def _effective_intents(case: Case, pending: PendingFlow | None, policy: Policy) -> tuple[Intent, ...]:
    """What continues a flow means what the flow was about; of its own text only what is urgent counts."""
    own = tuple(sorted(case.classification.intents, key=lambda intent: -intent.confidence))
    if pending is None:
        return own
    urgent = policy.settings.no_tier2_priority
    return (*pending.intents, *(intent for intent in own if policy.rule(intent.label).priority <= urgent))


def _present(intents: tuple[Intent, ...], policy: Policy) -> frozenset[str]:
    floor = policy.settings.thresholds.presence
    return frozenset(intent.label for intent in intents if intent.confidence >= floor)


def _confidences(
    intents: tuple[Intent, ...], label: str, team: str, count: int, pending: PendingFlow | None, policy: Policy
) -> tuple[float, float]:
    """Return the route's and the leading intent's confidence; a continued flow had its doubt taken off before.

    The route asks for the team, not the label: the scores of the leading intent's team add up.
    """
    shared = sum(intent.confidence for intent in intents if policy.rule(intent.label).team == team)
    scores = [shared, *(intent.confidence for intent in intents)]
    penalty = 0.0 if pending else total_penalty(intents, count, policy.settings.penalties)
    own = max((intent.confidence for intent in intents if intent.label == label), default=0.0)
    return reduced(max(scores, default=0.0), penalty), reduced(own, penalty)


def total_penalty(intents: Sequence[Intent], word_count: int, penalties: Penalties) -> float:
    """Return what doubt takes off any score of this message: a close second, few words, several strong intents."""
    scores = sorted((intent.confidence for intent in intents), reverse=True)
    penalty = 0.0
    if len(scores) > 1 and round(scores[0] - scores[1], _DECIMALS) < penalties.small_margin_below:
        penalty += penalties.small_margin
    if word_count < penalties.short_text_words:
        penalty += penalties.short_text
    if sum(score > penalties.several_intents_above for score in scores) > 1:
        penalty += penalties.several_intents
    return round(penalty, _DECIMALS)


def reduced(score: float, penalty: float) -> float:
    """Return `score` less `penalty`, within [0, 1]."""
    return round(min(1.0, max(0.0, score - penalty)), _DECIMALS)


def routing_confidence(intents: Sequence[Intent], word_count: int, penalties: Penalties) -> float:
    """Return the top score less the penalties, 0 for no intents."""
    if not intents:
        return 0.0
    top = max(intent.confidence for intent in intents)
    return reduced(top, total_penalty(intents, word_count, penalties))


def _leading(
    intents: tuple[Intent, ...],
    present: frozenset[str],
    escalated: frozenset[str],
    labels: frozenset[str],
    policy: Policy,
) -> str:
    """Return the label that decides the team."""
    if escalated:
        return policy.most_urgent(escalated)
    if not intents:
        return policy.most_urgent(labels & policy.tier0_labels or {UNKNOWN_INTENT})
    ranked = [intent.label for intent in intents if intent.label in present] or [intents[0].label]
    first = policy.first_by_priority(ranked)
    return first if first in policy.intents else UNKNOWN_INTENT


def find_lasting_flags(case: Case, reading: Reading, policy: Policy) -> dict[str, int]:
    """Return the flags this event sets, each with the epoch milliseconds until which it holds.

    Words that are not the ticket's own customer's, or that the ticket does not show, send this message to people and
    set none: whoever holds the webhook's secret, or is in copy, could otherwise silence a conversation.
    """
    days = policy.settings.risk_flag_days
    return {
        flag: case.now_epoch_ms + days.get(flag, days[DEFAULT_DAYS]) * MS_PER_DAY
        for flag in sorted(_flags_of_customer(case, reading, policy))
    }


def _flags_of_customer(case: Case, reading: Reading, policy: Policy) -> frozenset[str]:
    if all(message.author not in STRANGERS for message in case.new_messages):
        return reading.risk_flags
    own = "\n\n".join(message.text for message in case.new_messages if message.author not in STRANGERS)
    hits = screen(own, policy.screen, case.language)
    human = frozenset({HUMAN_RISK_FLAG}) if wants_human(hits, policy.screen) else frozenset()
    return escalations(hits, policy.screen) | human
