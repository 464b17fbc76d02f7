"use strict";
// Everything shown goes in as text: no markup is ever made of what was read.

const REPLIES = {
  sent: ["reply sent", "good"],
  recorded: ["would reply", "warn"],
  waiting: ["order looked up", ""],
  blocked: ["reply stopped", "warn"],
  unknown: ["reply unknown", "bad"],
  none: ["no reply", ""],
};
const TIERS = { 0: "tier 0, escalated", 1: "tier 1, assist", 2: "tier 2, order facts", route: "routed only" };
const SLOWEST_SECONDS = 30;
const PATIENCE_SECONDS = 60;

let environment = "local";
let pollSeconds = 2;
let shown = {};

const byId = (id) => document.getElementById(id);
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const withEnvironment = (command) => (environment === "local" ? command : `${command} --env ${environment}`);

function make(tag, props, ...children) {
  const { class: className, ...rest } = props || {};
  const element = Object.assign(document.createElement(tag), rest);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const badge = (text, kind) => make("span", { class: `badge ${kind}` }, text);
const code = (text) => make("span", { class: "code" }, text);
const empty = (text, command) => make("p", { class: "empty" }, `${text} `, make("code", {}, command));
const clock = (moment) => new Date(moment).toLocaleTimeString([], { hour12: false });

/** Shows a part anew if what it shows has changed; the focus stays where it was. */
function show(name, value, render) {
  const text = JSON.stringify(value) + environment;
  if (shown[name] === text) return;
  shown[name] = text;
  const place = part(name);
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  place.replaceChildren(...[render(value)].flat());
  if (focused) [...place.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
}

/** A section of the snapshot: its value rendered, or its problem in its place. */
function showSection(name, section, render) {
  show(name, section, () =>
    section.problem ? make("p", { class: "problem" }, `cannot be read: ${section.problem}`) : render(section.value));
}

function renderFlags({ flags, automation }) {
  const rows = Object.entries(flags).flatMap(([name, flag]) => {
    const change = flag.last_change;
    const said = change
      ? make("small", {}, `${change.who}, ${new Date(change.changed_at_epoch_ms).toLocaleString()}: ${change.why}`)
      : null;
    return [make("dt", {}, name), make("dd", {}, code(flag.value ?? "(missing)"), said)];
  });
  return [
    make("p", { class: `verdict ${automation.is_on ? "on" : "off"}` }, automation.said),
    make("dl", {}, ...rows),
  ];
}

const tile = (number, label, isAlarm) =>
  make("div", { class: isAlarm ? "tile alarm" : "tile" }, make("b", {}, String(number)), make("span", {}, label));

function renderQueues(queues) {
  return make("div", { class: "tiles" }, ...queues.flatMap((queue) => [
    tile(queue.waiting + queue.in_flight, `in ${queue.queue}${queue.in_flight ? `, ${queue.in_flight} in work` : ""}`, false),
    tile(queue.dead, `dead in ${queue.queue}`, queue.dead > 0),
  ]));
}

function renderFigures(decisions) {
  const tiers = Object.keys(TIERS).filter((tier) => decisions.tiers[tier]);
  const bars = tiers.map((tier) => make("li", {},
    make("span", {}, TIERS[tier]),
    make("meter", { max: decisions.count, value: decisions.tiers[tier], ariaLabel: TIERS[tier] }),
    make("span", {}, String(decisions.tiers[tier]))));
  return [
    make("div", { class: "tiles" },
      tile(decisions.count, "decided in 24 hours", false),
      tile(decisions.replies.sent || 0, "replies sent", false),
      tile(decisions.replies.blocked || 0, "replies stopped", false),
      tile(decisions.replies.unknown || 0, "replies unknown", (decisions.replies.unknown || 0) > 0)),
    make("ul", { class: "bars" }, ...bars),
    decisions.is_whole ? null : make("p", { class: "soft" },
      "The audit table is larger than the console reads: flow and figures are of a part of it. "
      + "CloudWatch's dashboard has them whole."),
  ].filter(Boolean);
}

function renderDecision(line) {
  const [word, kind] = REPLIES[line.reply] || [line.reply, ""];
  const confidence = line.confidence == null ? "" : ` ${Number(line.confidence).toFixed(2)}`;
  const tier = line.tier == null ? "" : `tier ${line.tier}`;
  const facts = [tier, line.template, line.mode === "live" ? "" : line.mode].filter(Boolean).join(", ");
  const why = line.why.length || line.reply !== "sent" ? line.why.map(code) : [make("span", { class: "soft" }, "every gate passed")];
  return make("li", {}, make("a", { href: `#/c/${encodeURIComponent(line.id)}` },
    make("time", { dateTime: line.at }, clock(line.at)),
    make("span", {}, make("b", {}, line.route || "-"), make("span", { class: "soft" }, `${line.intent || "-"}${confidence}`)),
    make("span", { class: "fate" }, badge(word, kind), make("span", { class: "facts" }, facts)),
    make("span", { class: "why" }, ...why),
    make("span", { class: "name" }, line.id)));
}

const renderDeed = (line) => make("li", {}, make("div", { class: "deed" },
  make("time", { dateTime: line.at }, clock(line.at)), make("span", { class: "said" }, line.headline)));

function renderFlow(decisions) {
  if (!decisions.lines.length) {
    return environment === "local"
      ? empty("Nothing was decided in the last 24 hours. Next:", "rp-mw send --sample tracked")
      : empty("Nothing was decided in the last 24 hours. Look for tickets the webhook missed:", withEnvironment("rp-mw sweep"));
  }
  return make("ol", { class: "flow" },
    ...decisions.lines.map((line) => (line.kind === "decision" ? renderDecision(line) : renderDeed(line))));
}

function renderDead(queues) {
  const dead = queues.reduce((sum, queue) => sum + queue.dead, 0);
  byId("look").hidden = dead === 0;
  if (dead === 0) part("dead-letters").replaceChildren();
  return dead === 0
    ? make("p", { class: "empty" }, "None: the dead-letter queues are empty.")
    : empty(`${dead} in the dead-letter queues. Mend the cause, then see what would be sent back:`, withEnvironment("rp-mw dlq redrive --all"));
}

function renderDeadLetter(deadLetter) {
  const facts = [deadLetter.type, deadLetter.conversation && `conversation ${deadLetter.conversation}`, `sent ${deadLetter.sent_at}`,
    `read ${deadLetter.receives}x`, deadLetter.detail !== deadLetter.reason && deadLetter.detail].filter(Boolean);
  return make("li", {}, make("div", { class: "deed" }, make("span", {}, deadLetter.queue),
    make("span", { class: "said" }, code(deadLetter.reason), ` ${facts.join(", ")} `, make("span", { class: "name" }, deadLetter.id))));
}

function renderStory(story) {
  const fact = ([label, values]) => [make("dt", {}, label), make("dd", {}, ...values.map(code))];
  const rows = story.rows.map((row) => make("section", {},
    make("h3", {}, row.headline),
    make("p", { class: "soft" }, make("time", { dateTime: row.at }, row.at)),
    make("dl", {}, ...row.facts.flatMap(fact))));
  const events = make("section", {}, make("h3", {}, "Events"), ...story.events.map((line) => make("p", {}, line)));
  return [
    make("section", {}, make("h2", {}, story.id), ...story.state.map((line) => make("p", {}, line))),
    ...rows.reverse(), // newest first, as in the flow
    story.events.length ? events : null,
  ].filter(Boolean);
}

async function ask(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_SECONDS * 1000) });
  const isJson = (answer.headers.get("content-type") || "").startsWith("application/json");
  const value = isJson ? await answer.json() : { problem: (await answer.text()).trim() };
  if (!answer.ok) throw new Error(value.problem);
  return value;
}

function inWords(error) {
  if (error instanceof TypeError) return "the console has ended: start it again with `rp-mw console`";
  return error.name === "TimeoutError" ? `no answer within ${PATIENCE_SECONDS} s: is AWS within reach?` : error.message;
}

/** Commands stand between backquotes, as in the terminal. */
const withCommands = (text) => text.split("`").map((piece, place) => (place % 2 ? make("code", {}, piece) : piece));

function tell(problem) {
  const banner = byId("problem");
  if (banner.hidden === !problem && banner.dataset.said === problem) return;
  banner.hidden = !problem;
  banner.dataset.said = problem;
  banner.replaceChildren(...withCommands(problem), problem ? ". This page goes on by itself as soon as it can." : "");
  byId("pulse").className = problem ? "pulse stale" : "pulse live";
  byId("overview").classList.toggle("stale-part", Boolean(problem));
}

async function poll() {
  try {
    const snapshot = await ask("/api/snapshot");
    environment = snapshot.environment;
    pollSeconds = snapshot.poll_seconds;
    byId("environment").textContent = environment;
    byId("overview").hidden = location.hash.startsWith("#/c/");
    showSection("flags", snapshot.flags, renderFlags);
    showSection("queues", snapshot.queues, renderQueues);
    showSection("figures", snapshot.decisions, renderFigures);
    showSection("flow", snapshot.decisions, renderFlow);
    showSection("dead", snapshot.queues, renderDead);
    byId("pulse").textContent = `as of ${clock(snapshot.at)}`;
    tell("");
  } catch (error) {
    tell(inWords(error));
    if (!Object.keys(shown).length) byId("pulse").textContent = "not connected";
    if (!Object.keys(shown).length) byId("overview").hidden = true;
  }
}

async function lookInside() {
  part("dead-letters").replaceChildren(make("p", { class: "empty" }, "reading"));
  try {
    const { dead_letters: deadLetters } = await ask("/api/dead-letters");
    part("dead-letters").replaceChildren(deadLetters.length
      ? make("ol", { class: "flow" }, ...deadLetters.map(renderDeadLetter))
      : make("p", { class: "empty" }, "None can be seen now: another reader holds them, look again in a minute."));
  } catch (error) {
    part("dead-letters").replaceChildren(make("p", { class: "problem" }, ...withCommands(inWords(error))));
  }
}

/** The conversation that the address names, or null; one that is no good encoding is taken as it stands. */
function findAddressed() {
  if (!location.hash.startsWith("#/c/")) return null;
  const text = location.hash.slice(4);
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function follow() {
  const id = findAddressed();
  byId("story").hidden = id === null;
  byId("overview").hidden = id !== null || !Object.keys(shown).length;
  document.title = id === null ? "rp-mw console" : `${id} · rp-mw console`;
  if (id === null) return;
  const back = make("a", { class: "back", href: "#/" }, "← live flow");
  const command = () => make("p", { class: "soft" }, "The same in a terminal: ",
    make("code", {}, withEnvironment(`rp-mw explain '${id.replaceAll("'", "'\\''")}'`)));
  byId("story").replaceChildren(back, make("p", { class: "soft" }, "reading"));
  byId("main").focus();
  const told = await ask(`/api/conversation?id=${encodeURIComponent(id)}`).then(
    (story) => [...renderStory(story), command()],
    (error) => [make("p", { class: "problem" }, ...withCommands(inWords(error)))]);
  if (findAddressed() === id) byId("story").replaceChildren(back, ...told);
}

async function keepPolling() {
  if (!document.hidden) await poll();
  setTimeout(keepPolling, Math.min(pollSeconds, SLOWEST_SECONDS) * 1000);
}

byId("open").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = byId("conversation").value.trim();
  if (id) location.hash = `#/c/${encodeURIComponent(id)}`;
});
byId("look").addEventListener("click", lookInside);
window.addEventListener("hashchange", follow);
document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
keepPolling();
follow();
