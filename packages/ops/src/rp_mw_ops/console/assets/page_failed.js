// Messages that could not be handled: which ticket, why, and sending them back.
import { ask } from "./dialogs.js";
import { change, empty, h, moment, read, redraw, session, words } from "./ui.js";

const chosen = new Set();
let shownDead = null;

// SQS shows a failed message only by handing it out, so the list is read again only when their number changes.
export async function draw(place, { now, go, refresh }) {
  const dead = (now.queues.value ?? []).reduce((sum, queue) => sum + queue.dead, 0);
  if (document.getElementById("failed-page") && dead === shownDead) return;
  const { messages } = await read("failed");
  shownDead = dead;
  for (const id of [...chosen]) if (!messages.some((one) => one.id === id)) chosen.delete(id);
  redraw(place,
    h("h1", { id: "failed-page" }, "Failed messages"),
    h("p", { class: "lead" }, "A message that could not be handled waits here for two weeks. Mend the cause, then send it back: a message that was handled after all does nothing twice."),
    messages.length ? [table(messages, go), session.read_only ? null : actions(messages, refresh)] : empty("No message failed."));
}

function table(messages, go) {
  const columns = ["", "Reason", "Ticket", "Queue", "Failed at", "What"];
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Failed messages" }, h("table", { class: "wide" },
    h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name || h("span", { class: "unseen" }, "Chosen"))))),
    h("tbody", {}, messages.map((one) => h("tr", {},
      h("td", {}, session.read_only ? null : h("input", { type: "checkbox", "data-key": one.id, checked: chosen.has(one.id), "aria-label": `Choose ${one.id}`, onchange: (event) => choose(one.id, event.target.checked) })),
      h("td", {}, one.sentence, " ", h("code", {}, one.reason)),
      h("td", {}, one.conversation_id ? story(one.conversation_id, go) : h("span", {}, one.conversation ?? "cannot be read")),
      h("td", {}, one.queue), h("td", {}, moment(one.sent_at_epoch_ms)), h("td", {}, words(one.type ?? "unreadable")))))));
}

function story(id, go) {
  const address = `/conversation?id=${encodeURIComponent(id)}`;
  return h("a", { href: address, onclick: (event) => { event.preventDefault(); go(address); } }, id);
}

function actions(messages, refresh) {
  const send = (ids) => ask({
    title: ids.length === 1 ? "Send this message back?" : `Send ${ids.length} messages back?`,
    text: "They go to their queue again, in the order of their conversations.",
    act: "Send back",
    send: async (given) => {
      const said = [];
      for (const queue of new Set(messages.filter((one) => ids.includes(one.id)).map((one) => one.queue))) {
        const own = messages.filter((one) => one.queue === queue && ids.includes(one.id)).map((one) => one.id);
        said.push(`${queue}: ${(await change("redrive", { queue, ids: own, ...given })).said}`);
      }
      chosen.clear();
      await refresh();
      return { said: said.join("; ") };
    },
  });
  return h("p", { class: "actions" },
    h("button", { class: "primary", id: "send-chosen", disabled: !chosen.size, onclick: () => send([...chosen]) }, "Send back the chosen"),
    h("button", { onclick: () => send(messages.map((one) => one.id)) }, "Send back all"));
}

function choose(id, isChosen) {
  if (isChosen) chosen.add(id);
  else chosen.delete(id);
  document.getElementById("send-chosen").disabled = !chosen.size;
}
