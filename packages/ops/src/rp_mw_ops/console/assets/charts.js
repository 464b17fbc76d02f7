// Plots by uPlot, each with a table of the same numbers for those who do not see it.
import { h, number } from "./ui.js";

// Steps between gridlines that a label can name: whole numbers, and quarters of a share.
const COUNT_STEPS = [1, 2, 5].flatMap((one) => [one, one * 10, one * 100, one * 1000, one * 10_000]).sort((one, other) => one - other);
const SHARE_STEPS = [0.25, 0.5, 1];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// `series`: {label, values, colour (a CSS variable), bars}; `labels` name the points.
export function plot(title, labels, series, { height = 190, share = false } = {}) {
  const place = h("div", { class: "plot", role: "img", "aria-label": `${title}. The table below holds the numbers.` });
  const figure = h("figure", { class: "chart" }, h("figcaption", {}, title, legend(series)), place, numbers(title, labels, series, share));
  requestAnimationFrame(() => draw(place, labels, series, height, share));
  return figure;
}

function draw(place, labels, series, height, share) {
  if (!place.isConnected) return;
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  const options = {
    width: Math.max(place.clientWidth, 200),
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [-0.6, labels.length - 0.4] }, y: { range: (_, __, most) => [0, share ? 1 : Math.max(most * 1.1, 4)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 44, values: (_, at) => at.map((one) => labels[one] ?? "") },
      { ...axis, size: 46, incrs: share ? SHARE_STEPS : COUNT_STEPS, values: (_, at) => at.map((one) => (share ? `${Math.round(one * 100)} %` : number(one))) },
    ],
    series: [{}, ...series.map((one) => lineOf(one))],
  };
  const drawn = new uPlot(options, [labels.map((_, at) => at), ...series.map((one) => one.values)], place);
  new ResizeObserver(() => place.isConnected && place.clientWidth && drawn.setSize({ width: place.clientWidth, height })).observe(place);
}

function lineOf(one) {
  const stroke = colour(one.colour);
  // a line needs two values: one alone is a point
  const isAlone = !one.bars && one.values.filter((value) => value !== null).length === 1;
  const base = { label: one.label, stroke, width: 2, points: { show: isAlone, size: 9, fill: stroke }, spanGaps: true };
  return one.bars ? { ...base, fill: stroke, width: 0, paths: uPlot.paths.bars({ size: [0.72, 40] }) } : base;
}

function legend(series) {
  return series.length < 2 ? null : h("span", { class: "legend" }, series.map((one) => h("span", {}, h("i", { class: one.colour.slice(2) }), one.label)));
}

function numbers(title, labels, series, share) {
  const shown = (value) => (value === null ? "–" : share ? `${Math.round(value * 100)} %` : number(value));
  return h(
    "details",
    { class: "numbers" },
    h("summary", {}, "Numbers"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}, numbers` },
      h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, ""), series.map((one) => h("th", { scope: "col" }, one.label)))),
        h("tbody", {}, labels.map((label, at) => h("tr", {}, h("th", { scope: "row" }, label), series.map((one) => h("td", {}, shown(one.values[at]))))))),
    ),
  );
}

const SVG = "http://www.w3.org/2000/svg";

export function sparkline(values, label) {
  const most = Math.max(...values, 1), width = 120, height = 26;
  const step = width / Math.max(values.length - 1, 1);
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "polyline");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("class", "spark");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  line.setAttribute("points", values.map((value, at) => `${(at * step).toFixed(1)},${(height - 2 - (value / most) * (height - 4)).toFixed(1)}`).join(" "));
  svg.append(line);
  return svg;
}
