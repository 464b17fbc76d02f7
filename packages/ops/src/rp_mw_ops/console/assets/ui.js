// Builds elements, words numbers, asks the server. Texts go into text nodes only: nothing here makes markup of a text.

export const session = { token: "", read_only: true, confirm: false, environment: "" };

export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export async function read(path, parameters = "") {
  return answerOf(await fetch(`/api/${path}${parameters ? `?${parameters}` : ""}`));
}

export async function change(path, asked) {
  return answerOf(
    await fetch(`/api/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Console-Token": session.token },
      body: JSON.stringify(asked),
    }),
  );
}

async function answerOf(answer) {
  const value = await answer.json().catch(() => ({ problem: `the console answered ${answer.status}` }));
  if (!answer.ok) throw new Error(value.problem || `the console answered ${answer.status}`);
  return value;
}

const OUTCOMES = {
  sent: "answered",
  none: "handed over",
  recorded: "only recorded",
  blocked: "reply stopped",
  unknown: "perhaps answered",
  waiting: "waits for its order",
  operator: "by a colleague",
};
const TIERS = { route: "none planned", 0: "people only", 1: "asks or receives", 2: "tells about an order" };
const LANGUAGES = typeof Intl.DisplayNames === "function" ? new Intl.DisplayNames(["en"], { type: "language" }) : null;

export const outcomeWords = (outcome) => OUTCOMES[outcome] || outcome;
export const tierWords = (tier) => TIERS[tier] || tier;
export const words = (code) => String(code ?? "-").replaceAll("_", " ");
export const number = (value) => (value ?? 0).toLocaleString("en-GB");
export const percent = (share) => (share === null || share === undefined ? "–" : `${Math.round(share * 100)} %`);
export const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

// The last entry of a list that is cut short.
export const more = (count, one = "", many = "") => (count > 0 ? h("li", { class: "more" }, `and ${number(count)} more ${count === 1 ? one : many}`.trim()) : null);

export function languageWords(code) {
  if (code === "-" || code === "??" || !/^[a-z]{2,3}$/.test(code)) return code === "-" ? "-" : "not known";
  return LANGUAGES ? LANGUAGES.of(code) : code;
}

export function seconds(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "–";
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return milliseconds < 5_400_000 ? `${Math.round(milliseconds / 60_000)} min` : `${Math.round(milliseconds / 3_600_000)} h`;
}

export const clockTime = (iso) => iso.slice(11, 19);
export const dayTime = (iso) => iso.slice(0, 16).replace("T", " ");
export const moment = (epochMs) => (epochMs ? `${new Date(epochMs).toISOString().slice(0, 19).replace("T", " ")} UTC` : "–");

export function badge(outcome) {
  return h("span", { class: `badge ${outcome}` }, outcomeWords(outcome));
}

const SAID_MS = 8000;

// What was said goes away by itself, and where another page is chosen.
export function say(text) {
  const line = h("p", {}, text);
  document.getElementById("said").append(line);
  setTimeout(() => line.remove(), SAID_MS);
}

export const unsay = () => document.getElementById("said").replaceChildren();

export function empty(text) {
  return h("p", { class: "empty" }, text);
}

// What is drawn anew keeps the focus, the open menus and the scrolled lists where they were.
export function redraw(place, ...children) {
  const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  const scrolled = new Map([...place.querySelectorAll("[data-scroll]")].map((one) => [one.dataset.scroll, one.scrollTop]));
  const opened = new Set([...place.querySelectorAll("details[open][data-menu]")].map((one) => one.dataset.menu));
  place.replaceChildren(...children.flat(Infinity).filter(Boolean));
  for (const one of place.querySelectorAll("details[data-menu]")) one.open = opened.has(one.dataset.menu);
  for (const one of place.querySelectorAll("[data-scroll]")) one.scrollTop = scrolled.get(one.dataset.scroll) ?? 0;
  if (focused) [...place.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused)?.focus({ preventScroll: true });
}
