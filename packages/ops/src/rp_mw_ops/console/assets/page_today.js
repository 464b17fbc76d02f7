// Today at a glance: what needs somebody, how much was answered, why not, each team, and the vendors' health.
import { plot, sparkline } from "./charts.js";
import { h, more, number, percent, plural, read, redraw, seconds } from "./ui.js";

export async function draw(place, { now, go }) {
  const figures = await read("figures");
  redraw(place,
    h("h1", {}, "Today"),
    problems(now, go),
    cards(figures),
    h("div", { class: "columns" },
      h("section", { class: "panel" }, hours(figures)),
      h("section", { class: "panel", "aria-labelledby": "whys" }, h("h2", { id: "whys" }, "Why there was no reply"), whys(figures, go))),
    h("div", { class: "columns" },
      h("section", { class: "panel", "aria-labelledby": "teams" }, h("h2", { id: "teams" }, `Teams, last ${figures.days.length} days`), teams(figures, go)),
      h("section", { class: "panel", "aria-labelledby": "health" }, h("h2", { id: "health" }, "Waiting messages and vendors"), health(now))));
}

function problems(now, go) {
  if (!now.problems.length) return h("p", { class: "fine" }, "Nothing is broken, and nothing waits for you.");
  return h("section", { class: "problems", "aria-labelledby": "broken" }, h("h2", { id: "broken" }, "Needs somebody now"),
    h("ul", {}, now.problems.map((one) => h("li", { class: one.level }, one.text, " ",
      one.page ? h("a", { href: one.page, onclick: (event) => { event.preventDefault(); go(one.page); } }, one.page === "/failed" ? "See what failed" : "See the switches") : null))));
}

function cards({ today, yesterday }) {
  const card = (title, value, before, note) => h("div", { class: "card" }, h("h2", {}, title), h("p", { class: "value" }, value),
    h("p", { class: "before" }, `yesterday ${before}`), note ? h("p", { class: "note" }, note) : null);
  const share = (figures) => percent(figures.automation_rate);
  return h("section", { class: "cards", "aria-label": "Today beside yesterday" },
    card("Messages handled", number(today.decisions), number(yesterday.decisions)),
    card("Answered", number(today.sent), `${number(yesterday.sent)} (${share(yesterday)})`, `${share(today)} of those handled`),
    card("Handed over", number(today.handed_over), number(yesterday.handed_over), `${number(today.machines ?? 0)} of the messages came from machines`),
    card("Handled within", seconds(today.took_ms.p50), seconds(yesterday.took_ms.p50), `half of them; 95 % within ${seconds(today.took_ms.p95)}`));
}

function hours(figures) {
  const labels = figures.hours.map((_, hour) => String(hour).padStart(2, "0"));
  return plot("Messages by hour (UTC)", labels, [
    { label: "handled", values: figures.hours.map(([all]) => all), colour: "--bar", bars: true },
    { label: "answered", values: figures.hours.map(([, sent]) => sent), colour: "--good", bars: true },
  ]);
}

function whys(figures, go) {
  if (!figures.whys.length) return h("p", { class: "empty" }, "Nothing was left without a reply today.");
  const most = figures.whys[0].count;
  return h("ol", { class: "bars" }, figures.whys.map((one) => h("li", {},
    h("a", { href: `/live?reason=${one.code}`, onclick: (event) => { event.preventDefault(); go(`/live?reason=${one.code}`); } }, one.sentence),
    h("meter", { min: "0", max: String(most), value: String(one.count), "aria-label": one.sentence }), h("span", { class: "amount" }, number(one.count)))), more(figures.more_whys, "reason", "reasons"));
}

function teams(figures, go) {
  if (!figures.teams.length) return h("p", { class: "empty" }, "No ticket was routed yet.");
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "teams" }, h("table", { class: "teams" },
    h("thead", {}, h("tr", {}, ["Team", "By day", "Messages", "Answered"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, figures.teams.map((one) => h("tr", {},
      h("th", { scope: "row" }, h("a", { href: `/live?team=${encodeURIComponent(one.team)}`, onclick: (event) => { event.preventDefault(); go(`/live?team=${encodeURIComponent(one.team)}`); } }, one.team)),
      h("td", {}, sparkline(one.counts, `${one.team} by day: ${one.counts.join(", ")}`)),
      h("td", { class: "amount" }, number(one.count)),
      h("td", { class: "amount" }, `${number(one.answered)} (${percent(one.count ? one.answered / one.count : null)})`))))));
}

function health(now) {
  const queues = now.queues.value ?? [], hour = now.metrics.value?.hour, day = now.metrics.value?.today, budget = now.budget.value;
  const since = (queue) => (queue.not_empty_since ? `, not empty for ${seconds(now.read_at - queue.not_empty_since)}` : "");
  const age = (queue) => (queue.oldest_sent_at ? `, the oldest for ${seconds(now.read_at - queue.oldest_sent_at)}` : since(queue));
  return h("dl", { class: "health" },
    queues.map((queue) => [h("dt", {}, queue.title ?? queue.queue), h("dd", { class: queue.dead ? "bad" : null },
      `${number(queue.waiting)} waiting, ${number(queue.in_flight)} in work, ${number(queue.dead)} failed${age(queue)}`)]),
    budget ? [h("dt", {}, "Calls allowed by Richpanel"), h("dd", {}, h("meter", { min: "0", max: String(budget.limit), high: String(budget.limit * 0.8), value: String(budget.used), "aria-label": "Share of Richpanel's allowed calls in use" }), ` ${budget.used} of ${budget.limit} used in 30 s`)] : null,
    hour ? ["richpanel", "shopify", "openai"].map((vendor) => [h("dt", {}, { richpanel: "Richpanel", shopify: "Shopify", openai: "OpenAI" }[vendor]),
      h("dd", { class: hour[`${vendor}_errors`] ? "bad" : null }, `${plural(hour[`${vendor}_calls`], "call", "calls")} in the last hour, ${number(hour[`${vendor}_errors`])} failed, ${number(hour[`${vendor}_throttled`])} refused as too many`)]) : null,
    day ? [h("dt", {}, "Calls from the helpdesk today"), h("dd", {}, `${number(day.received)} taken, ${number(day.duplicates)} were repeats, ${number(day.ignored)} ignored, ${number(day.refused)} refused${day.ignored && day.refused ? " (each run of rp-mw doctor makes one call of either kind)" : ""}`),
      h("dt", {}, "Signs of mistakes today"), h("dd", {}, `${plural(day.overridden, "ticket", "tickets")} moved by agents to another team, ${plural(day.in_doubt, "reply", "replies")} perhaps not sent, ${plural(day.fallbacks, "message", "messages")} not understood for want of the model`)] : null);
}
