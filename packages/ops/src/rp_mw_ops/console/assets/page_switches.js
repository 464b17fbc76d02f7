// The switches: what each means, what it says, who set it last and why; and setting one.
import { ask } from "./dialogs.js";
import { change, h, moment, redraw, session, words } from "./ui.js";

const TITLES = {
  safe_mode: "Watch only",
  automation_enabled: "Automatic replies",
  automation_enabled_channels: "Channels that get replies",
  rollout_stage: "How far it may go",
  stage_ceiling: "The furthest it may go",
  notes_are_private: "Notes are private",
  disabled_templates: "Replies held back",
  classifier: "Who reads the messages",
  chat_codes: "Codes by e-mail on a chat",
};
const VALUES = { shadow: "only watch", tags: "set tags", assign: "assign teams", draft: "drafts for people", tier1: "ask and receive", tier2: "tell about orders",
  embedded: "the built-in reader", openai: "OpenAI", cascade: "the built-in reader, OpenAI where it is unsure" };

// What a value means, with the word that the command line takes.
function valueWords(flag, value) {
  if (value === null || value === undefined) return "missing";
  if (flag.kind === "switch") return { true: "on", false: "off" }[value] ?? value;
  return VALUES[value] ? `${VALUES[value]} (${value})` : value.replaceAll(",", ", ");
}

const meaning = (flag) => `${flag.means[0].toUpperCase()}${flag.means.slice(1)}. `;

export async function draw(place, { now, refresh }) {
  const told = now.switches.value;
  if (!told) throw new Error(now.switches.problem ?? "The switches are not read yet.");
  redraw(place,
    h("h1", {}, "Switches"),
    h("p", { class: `lead ${told.automation.is_on ? "on" : "off"}` }, `Automatic replies are ${told.automation.said.replace(/\btier[12]\b/, (stage) => `“${VALUES[stage]}” (${stage})`)}.`),
    h("ul", { class: "switches" }, Object.entries(told.flags).map(([name, flag]) => entry(name, flag, refresh))));
}

function entry(name, flag, refresh) {
  const last = flag.last_change;
  return h("li", { class: "panel" },
    h("h2", {}, TITLES[name] ?? words(name)), h("p", { class: "means" }, meaning(flag), h("code", {}, name)),
    h("p", { class: "value" }, valueWords(flag, flag.value)),
    h("p", { class: "last" }, last ? `${last.who}, ${moment(last.changed_at_epoch_ms)}: ${last.why}` : "Not changed since it was made."),
    session.read_only ? null : h("button", { onclick: () => set(name, flag, refresh), "data-key": name }, "Change", h("span", { class: "unseen" }, ` ${TITLES[name] ?? name}`)));
}

function set(name, flag, refresh) {
  const field = fieldOf(name, flag);
  const input = field.querySelector("select, input");
  ask({ title: `Change “${TITLES[name] ?? words(name)}”`, text: meaning(flag), act: "Change it", done: `“${TITLES[name] ?? words(name)}” is changed.`, field, isDangerous: name === "automation_enabled" || name === "safe_mode",
    send: async (given) => {
      const answer = await change("switch", { name, value: input.value, ...given });
      await refresh();
      return answer;
    } });
}

function fieldOf(name, flag) {
  const label = h("label", { for: "ask-value" }, `Now: ${valueWords(flag, flag.value)}`);
  const choices = flag.kind === "switch" ? ["true", "false"] : flag.kind === "names" ? null : flag.values;
  const hint = flag.kind === "names" ? h("p", { class: "hint", id: "ask-hint" }, `Names with commas between, or none.${flag.values.length ? ` Known: ${flag.values.join(", ")}.` : ""}`) : null;
  const input = choices
    ? h("select", { id: "ask-value" }, choices.map((one) => h("option", { value: one, selected: one === flag.value }, valueWords(flag, one))))
    : h("input", { id: "ask-value", value: flag.value ?? "", autocomplete: "off", "aria-describedby": "ask-hint" });
  return h("div", {}, label, input, hint);
}
