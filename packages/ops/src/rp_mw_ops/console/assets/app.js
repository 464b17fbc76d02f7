// The shell around the pages: navigation, search, the kill switch, and the stream that says when something changed.
import * as failed from "./page_failed.js";
import * as live from "./page_live.js";
import * as reports from "./page_reports.js";
import * as switches from "./page_switches.js";
import * as today from "./page_today.js";
import { askSwitch } from "./dialogs.js";
import { change, h, moment, read, say, session, unsay } from "./ui.js";

const PAGES = [
  ["/", "Today", today],
  ["/live", "Live", live],
  ["/failed", "Failed", failed],
  ["/switches", "Switches", switches],
  ["/reports", "Reports", reports],
];
const STALE_POLLS = 4;
const main = document.getElementById("main");
let now = null, lastBeat = Date.now(), drawn = null;

const pageOf = (path) => (path === "/conversation" ? PAGES[1] : PAGES.find(([at]) => at === path)) ?? PAGES[0];

export function go(address, { replace = false } = {}) {
  const before = location.pathname;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  if (location.pathname !== before) unsay();
  return show(true);
}

async function show(isNew = false) {
  const [, title, page] = pageOf(location.pathname);
  document.title = `${title} · rp-mw ${session.environment}`;
  drawNavigation();
  if (isNew && drawn !== page) main.replaceChildren(h("p", { class: "empty" }, "Reading …"));
  drawn = page;
  try {
    await page.draw(main, { now, go, refresh });
  } catch (error) {
    if (drawn === page) main.replaceChildren(h("p", { class: "problem", role: "alert" }, error.message));
  }
}

async function refresh() {
  now = await read("now");
  drawShell();
  await show();
}

function drawNavigation() {
  const current = pageOf(location.pathname)[0];
  const dead = (now?.queues.value ?? []).reduce((sum, queue) => sum + queue.dead, 0);
  document.getElementById("nav").replaceChildren(
    h("ul", {}, PAGES.map(([at, title]) => h("li", {}, h("a", { href: at, "aria-current": at === current ? "page" : null, onclick: follow },
      title, at === "/failed" && dead ? h("span", { class: "count" }, String(dead), h("span", { class: "unseen" }, " failed messages")) : null)))));
}

function follow(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(event.currentTarget.getAttribute("href"));
}

// What the switches say, where they can be read now: an old look is no answer to whether replies go out.
const knownAutomation = () => (now && !now.switches.problem && !isStale() ? now.switches.value?.automation : undefined);

function drawShell() {
  const automation = knownAutomation();
  const kill = document.getElementById("kill"), strip = document.getElementById("strip");
  const isOff = automation && !automation.is_on;
  strip.hidden = !isOff;
  if (isOff && strip.dataset.said !== automation.said) strip.replaceChildren(h("strong", {}, "No automatic reply goes out"), ` – ${automation.said}`);
  strip.dataset.said = isOff ? automation.said : "";
  document.documentElement.classList.toggle("is-off", Boolean(isOff));
  if (kill.dataset.on !== String(automation?.is_on)) drawKill(kill, automation);
  drawStatus();
}

function drawKill(kill, automation) {
  kill.dataset.on = String(automation?.is_on);
  const stopper = h("button", { class: "danger", onclick: stop }, "Stop all replies");
  if (!automation) return kill.replaceChildren(h("span", { class: "state unknown" }, "Replies: not known"), ...(session.read_only ? [] : [stopper]));
  const state = h("span", { class: `state ${automation.is_on ? "on" : "off"}` }, automation.is_on ? "Replies on" : "Replies off");
  const isStopped = now.switches.value.flags.automation_enabled?.value === "false";
  if (session.read_only) kill.replaceChildren(state);
  else if (automation.is_on) kill.replaceChildren(state, stopper);
  else kill.replaceChildren(state, ...(isStopped ? [h("button", { onclick: resume }, "Let replies out")] : []));
}

const stop = () => askSwitch("automation_enabled", "false", "Stop all automatic replies?",
  "No reply leaves after this, not even one that is being written. Tickets are routed as before.", "Stop all replies", true, "Replies are stopped.", refresh);
const resume = () => askSwitch("automation_enabled", "true", "Let automatic replies out again?",
  "Replies go out again as far as the other switches allow.", "Let replies out", false, "Replies go out again.", refresh);

function isStale() {
  const poll = session.poll_seconds * 1000;
  return Date.now() - lastBeat > Math.max(STALE_POLLS * poll, 10_000) || Boolean(now && Date.now() - now.read_at > Math.max(STALE_POLLS * poll, 20_000));
}

function drawStatus() {
  const status = document.getElementById("status"), old = isStale();
  const text = now ? (now.read_at ? `${old ? "Stale: last read" : "Read"} ${moment(now.read_at)}` : "Nothing could be read yet") : "Reading …";
  status.className = old ? "stale" : "";
  if (status.textContent !== text) status.textContent = text;
}

function listen() {
  const stream = new EventSource("/api/stream");
  stream.onmessage = (event) => {
    lastBeat = Date.now();
    const told = JSON.parse(event.data), isNews = told.version !== now?.version;
    now = told;
    drawShell();
    drawNavigation();
    if (isNews && !document.getElementById("dialog").open && !document.querySelector("details.menu[open]")) show();
  };
}

document.getElementById("search").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = document.getElementById("search-text");
  try {
    const found = await change("search", { text: field.value });
    if (!found.ids.length) throw new Error(found.said);
    field.value = "";
    if (found.ids.length === 1) await go(`/conversation?id=${encodeURIComponent(found.ids[0])}`);
    else await live.showFound(found, main, { now, go, refresh });
    say(`${found.ids.length} found`);
  } catch (error) {
    field.setAttribute("aria-invalid", "true");
    document.getElementById("dialog").replaceChildren(h("h2", { id: "dialog-title" }, "Nothing found"), h("p", {}, error.message),
      h("div", { class: "actions" }, h("button", { onclick: () => document.getElementById("dialog").close() }, "Close")));
    document.getElementById("dialog").showModal();
  }
});
document.getElementById("search-text").addEventListener("input", (event) => event.target.removeAttribute("aria-invalid"));

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, dialog");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    document.getElementById("search-text").focus();
  } else if (event.key === "Escape") {
    document.querySelector("details.menu[open]")?.removeAttribute("open");
  } else if ((event.key === "j" || event.key === "k") && !isTyping) live.step(event.key === "j" ? 1 : -1);
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.removeAttribute("open");
});
window.addEventListener("popstate", () => { unsay(); show(true); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show());

Object.assign(session, await read("session"));
document.documentElement.dataset.environment = session.environment;
document.getElementById("environment").textContent = session.environment + (session.read_only ? ", read-only" : "");
now = await read("now");
drawShell();
await show(true);
listen();
setInterval(drawShell, 1000);
