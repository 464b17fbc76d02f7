// Reports: what was resolved over the last days, and what the last evaluations of the classifiers measured.
import { plot } from "./charts.js";
import { empty, h, languageWords, number, percent, read, redraw, seconds, words } from "./ui.js";

const SHARES = new Set(["accuracy", "macro_f1", "covered_precision", "coverage", "tier0_recall", "false_escalations", "model_asked"]);

export async function draw(place) {
  const { figures, evaluations, folder } = await read("reports");
  redraw(place, h("h1", {}, "Reports"), resolution(figures),
    h("section", { class: "panel", "aria-labelledby": "evaluations" }, h("h2", { id: "evaluations" }, "Evaluations of the classifiers"),
      evaluations.length ? evaluations.map(evaluation) : empty(`No result in ${folder || "the reports' folder"}: write one with rp-mw eval FILE --json > ${folder || "build/eval"}/NAME.json.`)));
}

function resolution(figures) {
  const labels = figures.days.map(([day]) => day.slice(5)), whole = figures.period;
  return h("section", { class: "panel", "aria-labelledby": "resolution" },
    h("h2", { id: "resolution" }, `Resolution, last ${figures.days.length} days`),
    h("p", { class: "lead" }, `${number(whole.decisions)} decided, ${number(whole.sent)} answered (${percent(whole.automation_rate)}), ${number(whole.handed_over)} handed over; half within ${seconds(whole.took_ms.p50)}.`),
    h("div", { class: "columns" },
      plot("Decided and answered by day", labels, [
        { label: "decided", values: figures.days.map(([, all]) => all), colour: "--bar", bars: true },
        { label: "answered", values: figures.days.map(([, , sent]) => sent), colour: "--good", bars: true },
      ]),
      plot("Share answered by day", labels, [{ label: "answered", values: figures.days.map(([, all, sent]) => (all ? sent / all : null)), colour: "--good" }], { share: true })),
    h("div", { class: "columns" }, shares("Languages", whole.languages, languageWords), shares("Channels", whole.channels), shares("Intents", whole.intents)));
}

function shares(title, counts = {}, named = words) {
  const ordered = Object.entries(counts).sort((one, other) => other[1] - one[1]).slice(0, 8);
  const sum = ordered.reduce((all, [, count]) => all + count, 0);
  return h("div", {}, h("h3", {}, title), ordered.length ? h("ol", { class: "bars" }, ordered.map(([name, count]) => h("li", {}, h("span", {}, named(name)),
    h("meter", { min: "0", max: String(sum), value: String(count), "aria-label": named(name) }), h("span", { class: "amount" }, number(count))))) : empty("Nothing yet."));
}

function evaluation(one) {
  const shown = ([name, value]) => [h("dt", {}, words(name)), h("dd", {}, value === null ? "–" : SHARES.has(name) ? `${(value * 100).toFixed(1)} %` : Number(value).toFixed(3))];
  return h("article", {}, h("h3", {}, one.file), h("p", {}, `${number(one.rows)} rows; ${Object.values(one.about).filter(Boolean).join(", ")}`),
    h("dl", { class: "headline" }, Object.entries(one.headline).filter(([, value]) => value !== null).map(shown)),
    h("details", {}, h("summary", {}, "Each label"), h("ol", { class: "bars" }, one.labels.map(([label, f1, support]) => h("li", {}, h("span", {}, words(label)),
      h("meter", { min: "0", max: "1", value: String(f1), "aria-label": words(label) }), h("span", { class: "amount" }, `${f1.toFixed(2)} · ${number(support)}`))))));
}
