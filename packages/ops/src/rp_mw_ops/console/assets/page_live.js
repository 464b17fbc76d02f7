// The flow: decisions as they are made, filtered by what stands in the address, and one conversation beside them.
import { badge, clockTime, dayTime, empty, h, languageWords, number, outcomeWords, percent, plural, read, redraw, seconds, tierWords, words } from "./ui.js";

const FACETS = [["team", "Team"], ["intent", "Topic"], ["tier", "Kind of reply"], ["outcome", "Result"], ["reason", "Why no reply"], ["language", "Language"]];
let found = null, shownId = null;

export async function draw(place, context) {
  const asked = new URLSearchParams(location.search);
  const chosen = asked.get("id");
  if (found && !asked.has("found")) found = null;
  const filters = new URLSearchParams([...asked].filter(([name]) => name !== "id" && name !== "found"));
  const [listed, story] = await Promise.all([read("decisions", filters.toString()), chosen ? read("story", `id=${encodeURIComponent(chosen)}`).catch((error) => ({ problem: error.message })) : null]);
  const isOpen = chosen !== null, isNew = chosen !== shownId;
  shownId = chosen;
  redraw(place,
    h("h1", {}, "Live"),
    h("div", { class: "filters" }, days(listed, asked, context), FACETS.map(([facet, title]) => menu(facet, title, listed, asked, context))),
    chips(listed, asked, context),
    h("div", { class: `split${isOpen ? " is-open" : ""}` },
      h("section", { class: "list", "data-scroll": "list", tabindex: "0", role: "region", "aria-label": "Messages" }, found ? foundLines(asked) : lines(listed, chosen, asked)),
      h("section", { class: "detail", "data-scroll": "detail", tabindex: "0", role: "region", "aria-label": "Conversation" }, story ? detail(story, asked, context) : empty("Choose a message to read its story."))));
  if (isNew && isOpen) place.querySelector(".lines a[aria-current]")?.scrollIntoView({ block: "nearest" });
}

export function showFound(result, place, context) {
  found = result;
  const address = new URLSearchParams([["found", result.by]]);
  return context.go(`/live?${address}`);
}

export function step(by) {
  const entries = [...document.querySelectorAll(".list a[data-key]")];
  if (!entries.length) return;
  const at = entries.findIndex((one) => one === document.activeElement || one.getAttribute("aria-current") === "true");
  entries[Math.min(Math.max(at + by, 0), entries.length - 1)].focus();
}

const addressWith = (asked, change) => {
  const next = new URLSearchParams(asked);
  change(next);
  const text = next.toString();
  return `${next.has("id") ? "/conversation" : "/live"}${text ? `?${text}` : ""}`;
};

function toggled(asked, facet, value) {
  return addressWith(asked, (next) => {
    const values = next.getAll(facet), kept = values.filter((one) => one !== value);
    next.delete(facet);
    for (const one of values.length === kept.length ? [...values, value] : kept) next.append(facet, one);
  });
}

function days(listed, asked, { go }) {
  const today = new Date().toISOString().slice(0, 10);
  const field = h("input", { type: "date", id: "day", value: listed.day, max: today, onchange: (event) => go(addressWith(asked, (next) => {
    if (event.target.value && event.target.value !== today) next.set("day", event.target.value);
    else next.delete("day");
  })) });
  return h("div", { class: "day" }, h("label", { for: "day" }, "Day (UTC)"), field);
}

function shownValue(facet, value, sentences) {
  if (facet === "reason") return sentences[value] ?? words(value);
  if (facet === "outcome") return outcomeWords(value);
  if (facet === "language") return languageWords(value);
  if (facet === "tier") return tierWords(value);
  return facet === "intent" ? words(value) : value;
}

function menu(facet, title, listed, asked, { go }) {
  const chosen = new Set(asked.getAll(facet));
  const options = listed.facets[facet].map(([value, count]) => h("label", {},
    h("input", { type: "checkbox", checked: chosen.has(value), "data-key": `${facet}:${value}`, onchange: () => go(toggled(asked, facet, value)) }),
    h("span", {}, shownValue(facet, value, listed.sentences)), h("span", { class: "amount" }, number(count))));
  return h("details", { class: `menu${chosen.size ? " is-set" : ""}`, "data-menu": facet }, h("summary", {}, title, chosen.size ? ` (${chosen.size})` : ""),
    h("div", { class: "options" }, options.length ? options : empty("Nothing to choose from.")));
}

function chips(listed, asked, { go }) {
  const set = FACETS.flatMap(([facet, title]) => asked.getAll(facet).map((value) => [facet, title, value]));
  const count = h("p", { class: "shown", role: "status" }, set.length ? `${plural(listed.shown, "message", "messages")} of ${number(listed.of)}` : plural(listed.of, "message", "messages"));
  return h("div", { class: "chips" }, count, set.map(([facet, title, value]) => h("button", { class: "chip", onclick: () => go(toggled(asked, facet, value)) },
    `${title}: ${shownValue(facet, value, listed.sentences)}`, h("span", { "aria-hidden": "true" }, " ×"), h("span", { class: "unseen" }, ", remove"))),
  set.length ? h("button", { class: "plain", onclick: () => go("/live") }, "Show all") : null);
}

function lines(listed, chosen, asked) {
  if (!listed.lines.length) return empty(listed.of ? "No message fits these filters." : `No message was handled on this day${listed.day < new Date().toISOString().slice(0, 10) ? "" : " yet"}.`);
  const more = listed.shown > listed.lines.length ? h("li", { class: "more" }, `The newest ${number(listed.lines.length)} are shown: filter to see others.`) : null;
  return h("ol", { class: "lines" }, listed.lines.map((line) => h("li", {}, entry(line, chosen, asked, listed.sentences))), more);
}

function entry(line, chosen, asked, sentences) {
  return link(line.id, asked, { "data-key": line.key, "aria-current": line.id === chosen ? "true" : null },
    h("span", { class: "when" }, h("time", { datetime: line.at }, clockTime(line.at)), badge(line.outcome)),
    h("span", { class: "what" }, h("strong", {}, line.team), h("span", { class: "intent" }, words(line.intent))),
    h("span", { class: "why" }, line.outcome === "sent" ? `Reply “${words(line.template)}”, ${seconds(line.took_ms)} after the message` : sentences[line.whys[0]] ?? "Routed."));
}

// The decisions of what was found, newest first, and after them those on which nothing was decided.
function foundLines(asked) {
  const told = found.lines.map((line) => line.id), others = found.ids.filter((id) => !told.includes(id));
  return [h("p", { class: "shown" }, `${plural(found.ids.length, "conversation", "conversations")} by ${found.by}`),
    h("ol", { class: "lines" }, [...found.lines, ...others.map((id) => ({ id }))].map((line) => h("li", {}, link(line.id, asked, { "data-key": line.id },
      line.at ? h("span", { class: "when" }, h("time", { datetime: line.at }, dayTime(line.at)), badge(line.outcome)) : null,
      h("span", { class: "what" }, h("strong", {}, line.team ?? "nothing decided yet"), line.intent ? h("span", { class: "intent" }, words(line.intent)) : null),
      h("span", { class: "why" }, line.id)))))];
}

function link(id, asked, attributes, ...children) {
  const address = addressWith(asked, (next) => next.set("id", id));
  return h("a", { href: address, ...attributes, onclick: (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
  } }, children);
}

function detail(story, asked, { go }) {
  const back = h("button", { class: "plain back", onclick: () => go(addressWith(asked, (next) => next.delete("id"))) }, "Back to the list");
  if (story.problem) return [back, h("p", { class: "problem" }, story.problem)];
  return [back,
    h("h2", { class: "id" }, story.id),
    h("p", { class: "links" }, story.link ? h("a", { href: story.link, target: "_blank", rel: "noreferrer" }, "Open the ticket in the helpdesk") : null,
      h("button", { class: "plain", onclick: () => navigator.clipboard.writeText(story.id) }, "Copy the id")),
    h("ul", { class: "state" }, story.state.map((line) => h("li", {}, line))),
    h("ol", { class: "story" }, [...story.rows].reverse().map(chapter)),
    story.events.length ? h("details", {}, h("summary", {}, "For engineers: the events it comes from"), h("ul", { class: "events" }, story.events.map((line) => h("li", {}, line)))) : null];
}

function chapter(row) {
  if (row.outcome === "operator") return h("li", {}, h("p", { class: "head" }, h("time", {}, row.at), row.headline));
  return h("li", {},
    h("p", { class: "head" }, h("time", { datetime: row.at }, `${row.at.replace("T", " ").slice(0, 19)} UTC`), badge(row.outcome)),
    h("h3", {}, row.outcome === "waiting" ? "Asked the shop about the order" : `Routed to ${row.team}`),
    h("p", {}, `${understood(row)}; ${languageWords(row.language)}${row.channel ? ` by ${row.channel}` : ""}. `,
      row.took_ms === null ? null : `Done ${seconds(row.took_ms)} after the message came.`),
    row.outcome === "waiting" ? null : h("p", {}, row.why_team),
    row.outcome === "sent" ? h("p", {}, `Answered with the reply “${words(row.template)}”.`) : null,
    decisive(row).length ? [h("h4", {}, "What decided it"), sentences(decisive(row))] : null,
    row.whys.length ? [h("h4", {}, row.outcome === "waiting" ? "What is open" : "Why there was no reply"), sentences(row.whys)] : null,
    h("details", {}, h("summary", {}, "Everything that is recorded"),
      h("dl", { class: "facts" }, row.facts.map(([label, values]) => [h("dt", {}, label), h("dd", {}, values.join(", "))]))));
}

function understood(row) {
  if (row.intent === "machine") return "Written by a machine";
  const sure = row.confidence === null ? "" : `, sure to ${percent(row.confidence)}`;
  if (row.intent === "not_clear") return `Not clear what it is about${row.guess ? `: perhaps ${words(row.guess)}${sure}` : ""}`;
  return `Understood as ${words(row.intent)}${sure}`;
}

// A reason that is told below as what stopped the reply is not told twice.
const decisive = (row) => row.reasons.filter((reason) => !row.whys.some((why) => why.code === reason.code));
const sentences = (whys) => h("ul", { class: "sentences" }, whys.map((one) => h("li", { title: one.code }, one.sentence)));
