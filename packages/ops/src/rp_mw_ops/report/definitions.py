"""What each figure of a report is. They stand beside the figures in every format, and in docs/report.md."""

from __future__ import annotations

TITLES: dict[str, str] = {
    "received": "received",
    "decided": "decided on",
    "machines": "machines",
    "routed": "routed",
    "answered": "answered",
    "acknowledged": "acknowledged only",
    "handed_over": "handed over",
    "read_back": "read back",
    "resolved_72h": "resolved, 72 hours",
    "resolved_7d": "resolved, 7 days",
    "contacted_again_72h": "contacted again, 72 hours",
    "contacted_again_7d": "contacted again, 7 days",
    "model_cost": "model cost",
    "dollars_a_resolution": "dollars a resolution",
    "handed_over_because": "handed over because",
    "waited_p50": "waited for a person, p50",
    "waited_p95": "waited for a person, p95",
    "unanswered": "no answer of a person",
    "agreement": "agreement",
    "agreement_by_team": "agreement by team",
    "agreement_by_intent": "agreement by intent",
    "team_unknown": "team not known",
    "moved": "moved from > to",
    "wrong_replies": "wrong replies",
    "wrong_planned": "wrong planned replies",
    "drafts": "drafts read back",
    "draft_ended": "how drafts ended",
    "corrected": "person wrote next",
    "machines_answered": "machines answered",
    "false_claims": "false claims",
    "first_answer_p50": "first answer, p50",
    "first_answer_p95": "first answer, p95",
    "rating": "rating",
    "satisfied": "satisfied",
}

DEFINITIONS: dict[str, str] = {
    "received": "Webhooks accepted in the period, repeated ones too (metric Accepted).",
    "decided": "Customer messages with a final decision, each once however often it was tried.",
    "machines": "Decisions about messages that a machine wrote or may have written.",
    "routed": "Decisions whose tags are on the ticket.",
    "answered": "Decisions whose automatic reply is known to be in the ticket, and asks or informs.",
    "acknowledged": "Decisions whose reply is in the ticket and does neither (acknowledgement in templates.yaml).",
    "handed_over": "Decisions without a reply of either kind.",
    "read_back": "Decisions whose ticket was read again after it was closed. What follows from tickets is of these.",
    "resolved_72h": (
        "Of our replies in tickets read back: neither the customer nor a person of the shop wrote within 72 hours of "
        "the customer's message, and the ticket was found closed. A later decision of ours in the conversation within "
        "that time says that the customer wrote, also after the reading. Only days that ended 72 hours ago or more."
    ),
    "resolved_7d": "The same for seven days, of days that ended seven days ago or more.",
    "contacted_again_72h": (
        "Of the same replies: the customer wrote again within 72 hours, by the ticket or by a later decision of ours."
    ),
    "contacted_again_7d": "Of the replies that seven days' resolution is of: the customer wrote again in that time.",
    "model_cost": "What the model's tokens of the period cost at the price in the settings (metric ModelCost).",
    "dollars_a_resolution": (
        "Model cost by our replies times the share resolved in 72 hours. AWS and the helpdesk are not in it."
    ),
    "handed_over_because": "Decisions without a reply, once for each reason that kept it back.",
    "waited_p50": (
        "Of what was handed over and read back: half waited no longer from the customer's message to a person's, to "
        "within a fifth."
    ),
    "waited_p95": "The same for 95 in 100.",
    "unanswered": "Of what was handed over and read back: no person wrote until the ticket was closed.",
    "agreement": (
        "Of tickets read back whose team at the end is known: it is the team of our last decision. The team is told by "
        "route tags, the shop's own tags in settings.yaml, or a team's person. A ticket that we closed and nobody "
        "wrote in tells none."
    ),
    "agreement_by_team": "Agreement by the team that we routed to.",
    "agreement_by_intent": "Agreement by our intent.",
    "team_unknown": "Tickets read back that nothing tells the team of.",
    "moved": "Tickets that ended with another team, by our team and theirs.",
    "wrong_replies": (
        "Of our replies in tickets read back: a person put the tag mw-wrong-reply, mw-false-claim or "
        "mw-answered-machine on the ticket, or it ended with another team."
    ),
    "wrong_planned": "The same of replies that only the stage, the kill switch or the channel kept back.",
    "drafts": "Drafts (stage draft) in tickets read back, of each ticket the last one.",
    "draft_ended": (
        "Of these: an agent sent it unchanged, edited it first (at least half of its wording is in the answer), did "
        "not use it, or wrote nothing to the customer until the ticket was closed."
    ),
    "corrected": "Of our replies in tickets read back: a person wrote after it before the customer did.",
    "machines_answered": "Our replies in tickets that were found among the spam or have the tag mw-answered-machine.",
    "false_claims": "Our replies in tickets that have the tag mw-false-claim.",
    "first_answer_p50": (
        "From the customer's message (for our reply: the webhook) to the first answer, ours or a person's, for half of "
        "the decisions where it is known, to within a fifth."
    ),
    "first_answer_p95": "The same for 95 in 100.",
    "rating": "The mean of customers' ratings from 1 to 5 in tickets read back, where the helpdesk shows them.",
    "satisfied": "Of these ratings: 4 or 5.",
}
