// Asks for what a change needs: why, and in prod the environment's name, typed.
import { change, h, say, session } from "./ui.js";

const dialog = () => document.getElementById("dialog");

// `done` is said when it is done, else what the server says.
export function ask({ title, text, act, field = null, isDangerous = false, done = null, isWhyNeeded = true, send }) {
  const problem = h("p", { class: "problem", role: "alert" });
  const why = h("textarea", { id: "ask-why", rows: "2", required: isWhyNeeded, maxlength: "500" });
  const confirm = h("input", { id: "ask-confirm", autocomplete: "off", required: session.confirm });
  const button = h("button", { type: "submit", class: isDangerous ? "danger" : "primary" }, act);
  const form = h("form", { method: "dialog", onsubmit: submit },
    h("h2", { id: "dialog-title" }, title),
    text ? h("p", {}, text) : null,
    field,
    h("label", { for: "ask-why" }, `Why (${isWhyNeeded ? "" : "may be left out; "}kept in the audit trail, without names and numbers)`), why,
    session.confirm ? [h("label", { for: "ask-confirm" }, `Type ${session.environment} to confirm`), confirm] : null,
    problem,
    h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog().close() }, "Cancel"), button));

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      const answer = await send({ why: why.value, confirm: confirm.value });
      dialog().close();
      say(done ?? answer.said);
    } catch (error) {
      problem.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  }

  dialog().replaceChildren(form);
  dialog().showModal();
  const first = isWhyNeeded ? why : session.confirm ? confirm : button;
  (field?.querySelector("input, select") ?? first).focus();
}

// In the night no reason has to be thought of for the stop, whose button has the focus: as with `rp-mw stop`.
export function askSwitch(name, value, title, text, act, isDangerous, done, after) {
  const isWhyNeeded = !(name === "automation_enabled" && value === "false");
  ask({ title, text, act, isDangerous, done, isWhyNeeded, send: async (given) => {
    const answer = await change("switch", { name, value, ...given });
    await after?.();
    return answer;
  } });
}
