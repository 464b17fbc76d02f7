"""The policy as the decision sees it: plain frozen values, built by `policy.loader` from the YAML files.

Mappings are read-only by agreement; nothing here has behaviour beyond looking a value up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from rp_mw_worker.domain.carriers import NO_CARRIERS, CarrierRules
from rp_mw_worker.domain.claim_rules import NO_CLAIMS, ClaimRules
from rp_mw_worker.domain.machine_rules import NO_MACHINES, MachineRules
from rp_mw_worker.domain.matter_rules import NO_MATTERS, Matters

# the base language is a word of the policy for whoever uses it
from rp_mw_worker.domain.policy_file import BASE_LANGUAGE as BASE_LANGUAGE  # noqa: PLC0414
from rp_mw_worker.domain.policy_file import Strict
from rp_mw_worker.domain.proof import EXACT_CONTACTS, NO_PROOF, ChannelProof, CodeRules, ContactRules
from rp_mw_worker.domain.rollout_rules import NO_ROLLOUT, RolloutRules
from rp_mw_worker.domain.screen_rules import ScreenRules

DEFAULT_CHANNEL = "default"


@dataclass(frozen=True, slots=True)
class Team(Strict):
    """A team as the helpdesk calls it. `slug` makes the tag `route-<slug>`; `assignee_id` is a person's id or None.

    `also_tagged` are the shop's own tags that mean this team: they tell where people sent a ticket that we did not tag.
    """

    slug: str
    assignee_id: str | None = None
    also_tagged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IntentRule(Strict):
    """What one label means and what may be done about it.

    `tier` is the ceiling: 0 escalate, 1 assist, 2 verified reply. `priority` is the 0 to 7 of P0 to P7.
    `reply` names the tier-1 template, None for no reply; `answers_with_order` takes the order path instead.
    Thresholds left out are the general ones. `endangers_people`: somebody was or may be hurt. `words` names the kinds
    of matters.yaml that a tier-1 reply needs words of, its own first, unless the classifier is as sure as `wordless`.
    """

    definition: str
    team: str
    priority: int
    tier: int
    reply: str | None = None
    answers_with_order: bool = False
    team_by_channel: dict[str, str] = field(default_factory=dict)
    tier1_threshold: float | None = None
    tier2_threshold: float | None = None
    endangers_people: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateRule(Strict):
    """One reply's text by channel (`default` for every other). A line whose optional variable is absent is left out.

    `claims` says when the reply makes each claim of claims.yaml: `always`, or where that variable is given.
    `acknowledgement`: it neither asks nor informs. Both stand once, in the first language that has the reply.
    """

    tier: int
    text: dict[str, str]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    claims: dict[str, str] = field(default_factory=dict)
    acknowledgement: bool = False


@dataclass(frozen=True, slots=True)
class VariableRule(Strict):
    """What a template's variable may hold: at most `max_chars` characters, on one line."""

    max_chars: int


@dataclass(frozen=True, slots=True)
class Thresholds(Strict):
    """Confidences in [0, 1] at or above which something is done.

    `presence`: a further intent counts as appearing when teams and priority are chosen. A listed intent below it
    still forbids what its priority forbids. `worded`: what an order question counts that its words prove; `wordless`:
    what a tier-1 reply needs that no word of its matter speaks for. `peaceful_tier0`: what a tier-0 label of the
    embedded classifier needs to decide the team of a text that asks after goods or praises, and complains of nothing;
    0: it is believed. `harmless_tier0`: words of tier 0 decide no team where the classifier holds all labels of tier 0
    together for less likely; 0: they always do.
    """

    route: float
    uncertain: float
    tier1: float
    tier2: float
    presence: float
    worded: float
    wordless: float
    peaceful_tier0: float = 0.0
    harmless_tier0: float = 0.0


@dataclass(frozen=True, slots=True)
class Penalties(Strict):
    """What doubt takes off the top score, and when."""

    small_margin: float
    small_margin_below: float
    short_text: float
    short_text_words: int
    several_intents: float
    several_intents_above: float


@dataclass(frozen=True, slots=True)
class Limits(Strict):
    """How often and how late we may answer."""

    min_minutes_between_replies: int
    max_replies_per_conversation_24h: int
    max_replies_per_customer_24h: int
    max_reply_age_minutes: int
    agent_active_hours: int
    own_reply_match_seconds: int
    order_number_wait_hours: int
    order_lookup_wait_minutes: int
    max_order_age_days: int
    unknown_method_days: int


@dataclass(frozen=True, slots=True)
class Hours(Strict):
    """When people answer, in the shop's time zone; day 0 is Monday; from hour `opens` to before hour `closes`."""

    days: tuple[int, ...]
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Shop(Strict):
    """Facts of the shop; `country` is ISO 3166-1 alpha-2.

    Orders from `cut_off_hour` (local) on count from the next working day.
    """

    time_zone: str
    country: str
    cut_off_hour: int
    business_hours: Hours
    closed_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AutoResolve(Strict):
    """After this template the ticket may be closed, if the customer's only matter was one of `intents`."""

    template: str
    intents: tuple[str, ...]


CHAT_REPLIES = ("comment", "send_message")


@dataclass(frozen=True, slots=True)
class Settings(Strict):
    """Everything in settings.yaml; `chat_replies` is one of `CHAT_REPLIES`.

    `risk_flag_days`: how long each risk flag keeps a conversation with people; `default` is every other one's.
    """

    teams: dict[str, Team]
    fallback_team: str
    low_confidence_team: str
    delivered_team: str
    thresholds: Thresholds
    penalties: Penalties
    limits: Limits
    shop: Shop
    order_number_patterns: tuple[str, ...]
    order_number_filler_words: tuple[str, ...]
    auto_resolve: tuple[AutoResolve, ...]
    max_reply_chars: dict[str, int]
    no_tier2_priority: int
    risk_flag_days: dict[str, int]
    private_notes: bool
    chat_replies: str
    acknowledgements: bool
    codes: CodeRules


SHIPPING, PICKUP, LOCAL_DELIVERY = METHOD_KINDS = ("shipping", "pickup", "local_delivery")


@dataclass(frozen=True, slots=True)
class ShippingMethod(Strict):
    """A way of shipping, recognised by `patterns` (case-insensitive regular expressions on the shop's own title).

    Handling and transit are business days, least and most; they hold for `countries` (ISO 3166-1 alpha-2), for all
    where none is named. `ships_from` (YYYY-MM-DD) is a pre-order's first day of handling. `kind` is one of
    `METHOD_KINDS`. `stuck_after_days`: so many business days without a scan are too many.
    """

    patterns: tuple[str, ...]
    transit_days: tuple[int, int]
    handling_days: tuple[int, int] | None = None
    ships_from: str | None = None
    kind: str = SHIPPING
    countries: tuple[str, ...] = ()
    stuck_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class ShippingRules(Strict):
    """Everything in shipping_methods.yaml: the first method whose pattern matches counts."""

    handling_days: tuple[int, int]
    stuck_after_days: int
    methods: dict[str, ShippingMethod]


@dataclass(frozen=True, slots=True)
class ProductWords(Strict):
    """Everything in product_words.yaml: the common nouns of what the shop sells, singular, lower case."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChannelNames(Strict):
    """Everything in channels.yaml: the helpdesk's names of channels, lower case, and ours; what proves a customer."""

    names: dict[str, str]
    proof: dict[str, ChannelProof]
    contacts: ContactRules


@dataclass(frozen=True, slots=True)
class Templates(Strict):
    """Everything in templates.yaml or templates.<language>.yaml. `language` is ISO 639-1.

    Only templates.yaml has `variables`; they hold for every language. `automatic` ends every reply. `statements` are
    what is said of one parcel or in one place of a reply, each with its claims in claims.yaml.
    """

    brand: dict[str, str]
    outside_hours: str
    automatic: str
    templates: dict[str, TemplateRule]
    statements: dict[str, str] = field(default_factory=dict)
    variables: dict[str, VariableRule] = field(default_factory=dict)
    language: str = BASE_LANGUAGE


@dataclass(frozen=True)
class Policy:
    """All rules of one version. The versions name the file contents they were read from."""

    intents: dict[str, IntentRule]
    templates: Templates
    settings: Settings
    shipping: ShippingRules
    screen: ScreenRules
    version: str
    templates_version: str
    further_templates: Mapping[str, Templates] = field(default_factory=dict)
    product_words: tuple[str, ...] = ()
    machine: MachineRules = NO_MACHINES
    channels: Mapping[str, str] = field(default_factory=dict)
    proofs: Mapping[str, ChannelProof] = field(default_factory=dict)
    contacts: ContactRules = EXACT_CONTACTS
    matters: Matters = NO_MATTERS
    claims: ClaimRules = NO_CLAIMS
    carriers: CarrierRules = NO_CARRIERS
    rollout: RolloutRules = NO_ROLLOUT

    @cached_property
    def templates_by_language(self) -> dict[str | None, Templates]:
        """The replies of each language that has any; nothing is known of a language that is None."""
        found: dict[str | None, Templates] = dict(self.further_templates.items())
        return found | {BASE_LANGUAGE: self.templates}

    @cached_property
    def template_rules(self) -> dict[str, TemplateRule]:
        """Each reply as the first language that has it declares it; the base language comes first."""
        found: dict[str, TemplateRule] = {}
        for words in (self.templates, *self.further_templates.values()):
            found |= {name: rule for name, rule in words.templates.items() if name not in found}
        return found

    @cached_property
    def tier0_labels(self) -> frozenset[str]:
        """The labels that are never answered."""
        return frozenset(label for label, rule in self.intents.items() if rule.tier == 0)

    @cached_property
    def safety_labels(self) -> frozenset[str]:
        """The labels of what endangers people."""
        return frozenset(label for label, rule in self.intents.items() if rule.endangers_people)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {label: place for place, label in enumerate(self.intents)}

    @cached_property
    def filler_words(self) -> frozenset[str]:
        """The words that may stand around an order number without saying anything."""
        return frozenset(self.settings.order_number_filler_words)

    def rule(self, label: str) -> IntentRule:
        """Return the label's rule; a label the policy does not know is treated as the least known one."""
        return self.intents.get(label) or self.intents[UNKNOWN_INTENT]

    def proof_on(self, channel: str) -> ChannelProof:
        """Return what proves a customer on `channel`; nothing does on one the policy does not name."""
        return self.proofs.get(channel, NO_PROOF)

    def team_for(self, label: str, channel: str) -> str:
        """Return the team that handles `label` on `channel`."""
        rule = self.rule(label)
        return rule.team_by_channel.get(channel, rule.team)

    def slug(self, team: str) -> str:
        """Return the tag part of a team's name."""
        return self.settings.teams[team].slug

    def first_by_priority(self, labels: Iterable[str]) -> str:
        """Return the label with the most urgent priority; equal ones keep their order. Raises ValueError for none."""
        return min(labels, key=lambda label: self.rule(label).priority)

    def most_urgent(self, labels: Iterable[str]) -> str:
        """Return the label that intents.yaml names first, unknown ones last. Raises ValueError for none."""
        return min(labels, key=lambda label: (self._places.get(label, len(self._places)), label))


UNKNOWN_INTENT = "unknown_other"
