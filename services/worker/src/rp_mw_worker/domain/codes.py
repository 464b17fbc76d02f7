"""A one-time code for chat: who needs one, what is kept of it, and what a typed one proves.

    number given ── looked up ── "if there is such an order, its address got a code" ── code typed ── proved | wrong
                                 the same words, the same record, whether there is one or not

What is kept is a `CodeRecord`: a keyed digest, never the code. Where no code was sent the digest is of nothing that
anybody knows, so a guess meets the same record, the same tries and the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.domain.model import Case, Flags, RolloutStage
from rp_mw_worker.domain.proof import ONE_TIME_CODE, ChannelProof, CodeRules

if TYPE_CHECKING:
    from rp_mw_worker.domain.policy import Policy

ORDER_CODE_SENT, ORDER_CODE_WRONG, ORDER_CODE_MAIL = "order_code_sent", "order_code_wrong", "order_code_mail"
# The replies of the chat, and the mail that holds the code: the latter is nobody's reply.
CODE_REPLIES = frozenset({ORDER_CODE_SENT, ORDER_CODE_WRONG})
CODE_TEMPLATES = (ORDER_CODE_SENT, ORDER_CODE_WRONG, ORDER_CODE_MAIL)
CODE_MINUTES, CODE_VALUE, TRIES_LEFT = "code_minutes", "code", "tries_left"
CODE_DIGITS = 6
# What stands in a message where a code was typed: nothing that any word or number is made of.
CODE_MASK = "······"
# So long a conversation is watched for codes after the last one, and so long its record is kept.
KEPT_MS = MS_PER_DAY
RIGHT, WRONG, SPENT = "right", "wrong", "spent"
MAIL, DECOY, ONLY_ON = "mail", "decoy", "on"
_EMAIL = "email"
_MS_PER_MINUTE = 60_000
# Also written in two groups; never part of a longer number, and never what looks like an order's: #100200, EN-100200.
_TYPED = re.compile(r"(?<![A-Z\d#-])\d{3}[ \t.\-\u00a0\u2009\u202f]?\d{3}(?!\d)")


@dataclass(frozen=True, slots=True)
class CodeTry:
    """One message that brought a code: a digest of which, and whether it was right."""

    by: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class CodeRecord:
    """What conversation_state keeps of a conversation's newest code. All digests are salted; times are epoch ms.

    `asked`: the order number as it was given; `order`: the order a right code proves; `digest`: the code's.
    `made_for`: the event that asked. `issued_at`: when each code of the last 24 hours was asked for.
    """

    conversation_id: str
    version: int
    made_for: str
    asked: str
    order: str
    digest: str
    until_epoch_ms: int
    issued_at: tuple[int, ...] = ()
    tries: tuple[CodeTry, ...] = ()
    proved_until_epoch_ms: int = 0


def is_code_asked(flags: Flags, channel: str, policy: Policy) -> bool:
    """Tell whether codes are made and tried: the channel's customers prove themselves by one, and hear from us."""
    return is_proved_by_code(flags, channel, policy) and flags.rollout_stage >= RolloutStage.TIER2


def is_proved_by_code(flags: Flags, channel: str, policy: Policy) -> bool:
    """Tell whether a code, and nothing else, proves the channel's customers, to an agent's draft too."""
    is_on = flags.chat_codes and flags.rollout_stage in (RolloutStage.DRAFT, RolloutStage.TIER2)
    return is_on and policy.proof_on(channel).by_code


def proof_for(case: Case, policy: Policy) -> ChannelProof:
    """Return what proves the customer in this case: where a code does, nothing else does."""
    channel = case.ticket.channel
    return ChannelProof(ONE_TIME_CODE) if is_proved_by_code(case.flags, channel, policy) else policy.proof_on(channel)


def may_mail(flags: Flags, channel: str, policy: Policy) -> bool:
    """Tell whether these switches let a code's mail out: whatever stops a reply, on the chat or by e-mail, stops it."""
    is_on = flags.problem is None and flags.automation_enabled and not flags.safe_mode
    has_channels = {channel, _EMAIL} <= flags.automation_enabled_channels
    is_withheld = bool({ORDER_CODE_MAIL, ORDER_CODE_SENT} & flags.disabled_templates)
    return is_on and has_channels and not is_withheld and is_code_asked(flags, channel, policy)


def typed_codes(text: str, is_number: Callable[[str], bool] = lambda _: False) -> tuple[str, ...]:
    """Return the different six-digit codes in `text`; `is_number` tells the number of the order asked about."""
    found = (_digits(match) for match in _TYPED.finditer(text))
    return tuple(dict.fromkeys(code for code in found if not is_number(code)))


def masked_codes(text: str, is_number: Callable[[str], bool] = lambda _: False) -> str:
    """Return `text` with a mask for whatever may be a code."""
    return _TYPED.sub(lambda match: match[0] if is_number(_digits(match)) else CODE_MASK, text)


def _digits(match: re.Match[str]) -> str:
    return "".join(str(int(char)) for char in match[0] if char.isdecimal())


def tried(record: CodeRecord, by: str, *, is_same: bool, now_epoch_ms: int, rules: CodeRules) -> CodeRecord:
    """Return the record with the try of the message `by`, unchanged when it had its try or none is left.

    `is_same`: the code typed is the one whose digest is kept. A code that is over, or was right before, is wrong.
    """
    if any(one.by == by for one in record.tries) or is_spent(record, rules):
        return record
    is_right = is_same and now_epoch_ms < record.until_epoch_ms
    proved_until = now_epoch_ms + rules.proof_minutes * _MS_PER_MINUTE if is_right else record.proved_until_epoch_ms
    tries = (*record.tries, CodeTry(by, is_right))
    return replace(record, version=record.version + 1, tries=tries, proved_until_epoch_ms=proved_until)


def is_spent(record: CodeRecord, rules: CodeRules) -> bool:
    """Tell whether no try is left: a right code is good for one message, and so many wrong ones end it."""
    return any(one.is_right for one in record.tries) or len(record.tries) >= rules.tries


def outcome_of(record: CodeRecord, by: str, rules: CodeRules) -> str:
    """Return what the message `by` came to: right, wrong, or spent, which is a person's."""
    mine = next((place for place, one in enumerate(record.tries) if one.by == by), None)
    if mine is None:
        return SPENT
    if record.tries[mine].is_right:
        return RIGHT
    return WRONG if mine + 1 < rules.tries else SPENT


def issued(
    record: CodeRecord | None, fresh: CodeRecord, now_epoch_ms: int, *, is_known_event: bool = False
) -> CodeRecord:
    """Return `fresh` as the next version of the conversation's record; the same event's code counts once."""
    before = record.issued_at if record is not None else ()
    recent = tuple(at for at in before if at > now_epoch_ms - MS_PER_DAY)
    times = recent if is_known_event else (*recent, now_epoch_ms)
    return replace(fresh, version=(record.version if record is not None else 0) + 1, issued_at=times)


def may_issue(record: CodeRecord | None, made_for: str, now_epoch_ms: int, rules: CodeRules) -> bool:
    """Tell whether the conversation may have one more code; tries used up end it for the day."""
    if record is None or record.made_for == made_for:
        return True
    recent = [at for at in record.issued_at if at > now_epoch_ms - MS_PER_DAY]
    is_used_up = len([one for one in record.tries if not one.is_right]) >= rules.tries
    return not (recent and is_used_up) and len(recent) < rules.max_per_conversation_24h
