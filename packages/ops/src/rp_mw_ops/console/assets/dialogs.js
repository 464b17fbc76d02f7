// Asks for what a change needs: why, and in prod the environment's name, typed.
import { change, h, say, session } from "./ui.js";

const dialog = () => document.getElementById("dialog");

export function ask({ title, text, act, field = null, isDangerous = false, send }) {
  const problem = h("p", { class: "problem", role: "alert" });
  const why = h("textarea", { id: "ask-why", rows: "2", required: true, maxlength: "500" });
  const confirm = h("input", { id: "ask-confirm", autocomplete: "off", required: session.confirm });
  const button = h("button", { type: "submit", class: isDangerous ? "danger" : "primary" }, act);
  const form = h("form", { method: "dialog", onsubmit: submit },
    h("h2", { id: "dialog-title" }, title),
    text ? h("p", {}, text) : null,
    field,
    h("label", { for: "ask-why" }, "Why (kept in the audit trail, without names and numbers)"), why,
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
      say(answer.said);
    } catch (error) {
      problem.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  }

  dialog().replaceChildren(form);
  dialog().showModal();
  (field?.querySelector("input, select") ?? why).focus();
}

export function askSwitch(name, value, title, text, act, isDangerous, after) {
  ask({ title, text, act, isDangerous, send: async (given) => {
    const answer = await change("switch", { name, value, ...given });
    await after?.();
    return answer;
  } });
}
