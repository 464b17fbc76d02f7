// Reports: what became of the last days' tickets, and what the last evaluations of the classifiers measured.
import { plot } from "./charts.js";
import { empty, h, languageWords, more, number, percent, read, redraw, seconds, words } from "./ui.js";

const MOST_SHARES = 8;
const SHARES = new Set(["accuracy", "macro_f1", "covered_precision", "coverage", "tier0_recall", "false_escalations", "model_asked"]);

export async function draw(place) {
  const { figures, outcomes, evaluations, folder } = await read("reports");
  redraw(place, h("h1", {}, "Reports"), resolution(figures), readBack(outcomes, figures.days.length),
    h("section", { class: "panel", "aria-labelledby": "evaluations" }, h("h2", { id: "evaluations" }, "How well messages are understood"),
      evaluations.length ? evaluations.map(evaluation) : empty(`No measurement in ${folder || "the reports' folder"}: write one with rp-mw eval FILE --json > ${folder || "build/eval"}/NAME.json.`)));
}

function resolution(figures) {
  const labels = figures.days.map(([day]) => day.slice(5)), whole = figures.period;
  return h("section", { class: "panel", "aria-labelledby": "resolution" },
    h("h2", { id: "resolution" }, `Messages of the last ${figures.days.length} days`),
    h("p", { class: "lead" }, `${number(whole.decisions)} handled, ${number(whole.sent)} answered (${percent(whole.automation_rate)}), ${number(whole.handed_over)} handed over; half of them within ${seconds(whole.took_ms.p50)}.`),
    h("div", { class: "columns" },
      plot("Handled and answered by day", labels, [
        { label: "handled", values: figures.days.map(([, all]) => all), colour: "--bar", bars: true },
        { label: "answered", values: figures.days.map(([, , sent]) => sent), colour: "--good", bars: true },
      ]),
      plot("Share answered by day", labels, [{ label: "answered", values: figures.days.map(([, all, sent]) => (all ? sent / all : null)), colour: "--good" }], { share: true })),
    h("div", { class: "columns" }, shares("Topics", whole.intents), h("div", {}, shares("Languages", whole.languages, languageWords), shares("Channels", whole.channels))));
}

// The lines of `rp-mw report`: the whole first, its teams and intents folded away, each with what it is.
function readBack(lines, days) {
  const whole = lines.filter((line) => !line.name), parts = lines.filter((line) => line.name);
  return h("section", { class: "panel", "aria-labelledby": "read-back" },
    h("h2", { id: "read-back" }, `How the tickets ended in the helpdesk, last ${days} days`),
    h("dl", { class: "facts outcomes" }, whole.map((line) => [h("dt", { title: line.definition }, line.title), h("dd", {}, line.words)])),
    h("details", {}, h("summary", {}, "Each team, topic and move"), parts.length ? h("dl", { class: "facts outcomes" },
      parts.map((line) => [h("dt", {}, `${line.title}: ${words(line.name)}`), h("dd", {}, line.words)])) : empty("Nothing yet.")),
    h("details", {}, h("summary", {}, "What each figure is"), h("dl", { class: "facts outcomes" },
      whole.map((line) => [h("dt", {}, line.title), h("dd", {}, line.definition)]))));
}

function shares(title, counts = {}, named = words) {
  const all = Object.entries(counts).sort((one, other) => other[1] - one[1]), ordered = all.slice(0, MOST_SHARES);
  const sum = all.reduce((sofar, [, count]) => sofar + count, 0);
  return h("div", {}, h("h3", {}, title), ordered.length ? h("ol", { class: "bars" }, ordered.map(([name, count]) => h("li", {}, h("span", {}, named(name)),
    h("meter", { min: "0", max: String(sum), value: String(count), "aria-label": named(name) }), h("span", { class: "amount" }, number(count)))), more(all.length - ordered.length)) : empty("Nothing yet."));
}

function evaluation(one) {
  const shown = ([name, value]) => [h("dt", {}, words(name)), h("dd", {}, value === null ? "–" : SHARES.has(name) ? `${(value * 100).toFixed(1)} %` : Number(value).toFixed(3))];
  return h("article", {}, h("h3", {}, one.file), h("p", {}, `${number(one.rows)} rows; ${Object.values(one.about).filter(Boolean).join(", ")}`),
    h("dl", { class: "headline" }, Object.entries(one.headline).filter(([, value]) => value !== null).map(shown)),
    h("details", {}, h("summary", {}, "Each label"), h("ol", { class: "bars" }, one.labels.map(([label, f1, support]) => h("li", {}, h("span", {}, words(label)),
      h("meter", { min: "0", max: "1", value: String(f1), "aria-label": words(label) }), h("span", { class: "amount" }, `${f1.toFixed(2)} · ${number(support)}`))))));
}
