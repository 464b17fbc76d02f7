// The switches: what each means, what it says, who set it last and why; and setting one.
import { ask } from "./dialogs.js";
import { change, h, moment, redraw, session } from "./ui.js";

export async function draw(place, { now, refresh }) {
  const told = now.switches.value;
  if (!told) throw new Error(now.switches.problem ?? "The switches are not read yet.");
  redraw(place,
    h("h1", {}, "Switches"),
    h("p", { class: `lead ${told.automation.is_on ? "on" : "off"}` }, `Automatic replies are ${told.automation.said}.`),
    h("ul", { class: "switches" }, Object.entries(told.flags).map(([name, flag]) => entry(name, flag, refresh))));
}

function entry(name, flag, refresh) {
  const last = flag.last_change;
  return h("li", { class: "panel" },
    h("h2", {}, name), h("p", { class: "means" }, flag.means),
    h("p", { class: "value" }, flag.value ?? "missing"),
    h("p", { class: "last" }, last ? `${last.who}, ${moment(last.changed_at_epoch_ms)}: ${last.why}` : "Not changed since it was made."),
    session.read_only ? null : h("button", { onclick: () => set(name, flag, refresh), "data-key": name }, "Change", h("span", { class: "unseen" }, ` ${name}`)));
}

function set(name, flag, refresh) {
  const field = fieldOf(name, flag);
  const input = field.querySelector("select, input");
  ask({ title: `Change ${name}`, text: flag.means, act: "Change it", field, isDangerous: name === "automation_enabled" || name === "safe_mode",
    send: async (given) => {
      const answer = await change("switch", { name, value: input.value, ...given });
      await refresh();
      return answer;
    } });
}

function fieldOf(name, flag) {
  const label = h("label", { for: "ask-value" }, `${name}, now ${flag.value ?? "missing"}`);
  const choices = flag.kind === "switch" ? ["true", "false"] : flag.kind === "names" ? null : flag.values;
  const hint = flag.kind === "names" ? h("p", { class: "hint", id: "ask-hint" }, `Names with commas between, or none.${flag.values.length ? ` Known: ${flag.values.join(", ")}.` : ""}`) : null;
  const input = choices
    ? h("select", { id: "ask-value" }, choices.map((one) => h("option", { value: one, selected: one === flag.value }, one)))
    : h("input", { id: "ask-value", value: flag.value ?? "", autocomplete: "off", "aria-describedby": "ask-hint" });
  return h("div", {}, label, input, hint);
}
