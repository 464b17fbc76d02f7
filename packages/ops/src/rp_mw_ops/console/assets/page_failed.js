// Messages that could not be handled: which ticket, why, and sending them back.
import { ask } from "./dialogs.js";
import { change, empty, h, moment, number, plural, read, redraw, say, session, words } from "./ui.js";

const WHAT = { inbound_event: "a customer's message", enrichment_request: "a question to the shop", enrichment_result: "the shop's answer" };
// How long a message that was sent back is looked for as the command does, how often then, and how often otherwise.
const WATCHED_MS = 30_000, WATCH_EVERY_MS = 3000, READ_EVERY_MS = 30_000;
const chosen = new Set(), told = new Set();
let shownDead = null, readAt = 0, watchedUntil = 0, again = null;

// SQS shows a failed message only by handing it out, so the list is read again when their number changes, and now and
// then, most often after one was sent back: it may die again, and the number is the same.
export async function draw(place, context) {
  const { now, go, refresh } = context;
  const dead = (now.queues.value ?? []).reduce((sum, queue) => sum + queue.dead, 0);
  const every = Date.now() < watchedUntil ? WATCH_EVERY_MS : READ_EVERY_MS;
  again = () => draw(place, context);
  if (document.getElementById("failed-page") && dead === shownDead && Date.now() - readAt < every) return;
  [shownDead, readAt] = [dead, Date.now()];
  const { messages } = await read("failed");
  if (location.pathname !== "/failed" || document.getElementById("dialog").open) return void (shownDead = null);
  for (const id of [...chosen]) if (!messages.some((one) => one.id === id)) chosen.delete(id);
  tellCameBack(messages.filter((one) => one.came_back));
  redraw(place,
    h("h1", { id: "failed-page" }, "Failed messages"),
    h("p", { class: "lead" }, "A message that could not be handled waits here for two weeks. Mend the cause, then send it back: a message that was handled after all does nothing twice."),
    cameBack(messages.filter((one) => one.came_back)),
    messages.length ? [table(messages, go), session.read_only ? null : actions(messages, refresh)] : empty("No message failed."));
}

setInterval(() => document.getElementById("failed-page") && !document.getElementById("dialog").open && again?.().catch(() => {}), 1000);

const cameBackWords = (messages) => `${number(messages.length)} came back: ${[...new Set(messages.map((one) => one.sentence))].join(" ")}`;

function tellCameBack(messages) {
  const news = messages.filter((one) => !told.has(one.id));
  for (const one of news) told.add(one.id);
  if (news.length) say(cameBackWords(news));
}

const cameBack = (messages) => (messages.length ? h("p", { class: "problem", id: "came-back" }, `Of those sent back ${cameBackWords(messages)}`) : null);

function table(messages, go) {
  const columns = ["", "Reason", "Ticket", "What failed", "Failed at"];
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Failed messages" }, h("table", { class: "wide" },
    h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name || h("span", { class: "unseen" }, "Chosen"))))),
    h("tbody", {}, messages.map((one) => h("tr", {},
      h("td", {}, session.read_only ? null : h("input", { type: "checkbox", "data-key": one.id, checked: chosen.has(one.id), "aria-label": `Choose ${one.id}`, onchange: (event) => choose(one.id, event.target.checked) })),
      h("td", {}, one.sentence, " ", h("code", {}, one.reason), h("p", { class: "hint" }, one.next_step)),
      h("td", {}, one.conversation_id ? story(one.conversation_id, go) : h("span", {}, one.conversation ?? "cannot be read")),
      h("td", {}, WHAT[one.type] ?? words(one.type ?? "cannot be read")), h("td", {}, moment(one.sent_at_epoch_ms)))))));
}

function story(id, go) {
  const address = `/conversation?id=${encodeURIComponent(id)}`;
  return h("a", { href: address, onclick: (event) => { event.preventDefault(); go(address); } }, id);
}

function actions(messages, refresh) {
  const unreadable = messages.filter((one) => !one.is_readable).length, readable = messages.length - unreadable;
  const passedOver = unreadable ? ` ${plural(unreadable, "message", "messages")} that no consumer could read ${unreadable === 1 ? "is" : "are"} passed over.` : "";
  const send = (meant, number, which, note = "") => ask({
    title: number === 1 ? "Send this message back?" : `Send ${number} messages back?`,
    text: `They are handled again, in the order of their conversations.${note}`,
    act: "Send back",
    send: async (given) => {
      const said = [];
      for (const queue of new Set(meant.map((one) => one.queue))) {
        const own = meant.filter((one) => one.queue === queue);
        said.push(`${queue}: ${(await change("redrive", { queue, ...which(own), ...given })).said}`);
      }
      chosen.clear();
      [shownDead, watchedUntil] = [null, Date.now() + WATCHED_MS];
      document.getElementById("dialog").close();
      await refresh();
      return { said: said.join("; ") };
    },
  });
  const sendChosen = () => {
    const meant = messages.filter((one) => chosen.has(one.id));
    send(meant, meant.length, (own) => ({ ids: own.map((one) => one.id) }));
  };
  return h("p", { class: "actions" },
    h("button", { class: "primary", id: "send-chosen", disabled: !chosen.size, onclick: sendChosen }, "Send back the chosen"),
    h("button", { id: "send-all", disabled: !readable, onclick: () => send(messages, readable, () => ({ all: true }), passedOver) }, "Send back all"),
    unreadable ? h("span", { class: "hint" }, `“Send back all” passes over ${plural(unreadable, "message", "messages")} that no consumer could read.`) : null);
}

function choose(id, isChosen) {
  if (isChosen) chosen.add(id);
  else chosen.delete(id);
  document.getElementById("send-chosen").disabled = !chosen.size;
}
