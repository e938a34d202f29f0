// The panels beside the diagram: this step, the nodes, what can happen next, the properties.

import { changes } from "scuttle/trace";

/** Give an element attributes and children; a function becomes a listener of clicks. */
export function fill(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener("click", value);
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
export const make = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);

/** Text in which every clause in brackets shows its sentence. */
function cited(doc, text) {
  return text.split(/\b([A-Z]{2,}-\d+)\b/).map((part, at) => (at % 2
    ? make("span", { class: "clause", title: doc.clauses[part] ?? part }, part) : part));
}

/** What this step does and why: the rules that fired, with their clauses. */
export function now(doc, branch, at) {
  const step = at ? branch.steps[at - 1] : null;
  const head = step ? step.headline : "Before the first step";
  const list = make("ul", {}, ...(step?.details ?? []).map((each) => make("li", {}, ...cited(doc, each))));
  return [make("h2", {}, `step ${at} of ${branch.steps.length}`), make("h3", {}, head), list];
}

/** One tab for each ordering. */
export function tabs(branches, current, versus, turn) {
  return branches.map((each, number) => make("button", {
    role: "tab", "aria-selected": String(number === current),
    class: number === versus && "versus", click: () => turn(number),
  }, `${each.name} (${each.steps.length})`));
}

/** Where two orderings part. */
export function difference(one, other, step) {
  const said = (branch) => `“${branch.labels[step - 1] ?? "the end"}” in ${branch.name}`;
  return other ? [make("p", {}, step === null ? "The two orderings are the same."
    : `The orderings differ from step ${step} on: ${said(one)}, ${said(other)}.`)] : [];
}

const COLUMNS = ["holds", "clock", "history", "named", "differs"];

/** What each node knows; changed cells are marked, and those that differ from the other run. */
export function nodes(doc, before, view, other) {
  const filled = (column) => [view, before].some((one) => one?.nodes.some((node) => node[column]?.length));
  const columns = COLUMNS.filter((column, at) => at < 3 || filled(column));
  const rows = view.nodes.map((node, at) => {
    const cells = columns.map((column) => {
      const same = before && before.nodes[at].id === node.id ? before.nodes[at][column] ?? [] : null;
      const there = other && new Set((other.nodes[at][column] ?? []).map(([, text]) => text));
      return make("td", {}, ...changes(before && (same ?? []), node[column] ?? []).map(({ text, state }) => {
        const differs = there && state !== "gone" && !there.has(text) ? " differs" : "";
        const said = state === "same" ? text : `${text}, ${state}`;
        return make("span", { class: `cell ${column} ${state}${differs}`, "aria-label": said }, text);
      }));
    });
    const status = view.status[doc.nodes[at]];
    return make("tr", {}, make("td", {}, node.id, status ? ` (${status})` : ""), ...cells);
  });
  const head = make("tr", {}, ...["node", ...columns].map((name) => make("th", { scope: "col" }, name)));
  return [make("h2", {}, "what each node knows"), make("table", {}, head, ...rows)];
}

/** What can happen next: numbered, filtered, and apart what is beyond the budgets. */
export function acts(view, filter, taken, take) {
  const fits = (act) => act.label.includes(filter) || act.headline.includes(filter);
  const item = (act, at) => make("li", {}, make("button", {
    class: act.label === taken && "taken", "data-label": act.label, title: act.details.join("\n"),
    "aria-label": act.headline + (at < 9 ? `, key ${at + 1}` : ""), click: () => take(act.label),
  }, make("kbd", {}, at < 9 ? String(at + 1) : "·"), act.headline + (act.beyond ? " (not in this file)" : "")));
  const planned = view.acts.filter((act) => !act.extra && fits(act));
  const extra = view.acts.filter((act) => act.extra && fits(act));
  const none = planned.length ? [] : [make("li", {}, "nothing more that the experiment foresees")];
  const list = make("ol", { class: "acts" }, ...none, ...planned.map(item));
  if (!extra.length) return [list];
  const more = make("details", { open: filter ? "" : null },
    make("summary", {}, `beyond its budgets (${extra.length})`),
    make("ol", { class: "acts" }, ...extra.map((act) => item(act, 99))));
  return [list, more];
}

/** Each property at this step, and the way to a shortest schedule that breaks it. */
export function properties(doc, view, jump) {
  const lines = doc.properties.map((each, at) => {
    const fares = view.findings[at];
    const broken = typeof fares === "string";
    const state = broken ? "broken" : fares ? "kept" : "silent";
    const found = doc.shortest[each.name] ?? { verdict: "", labels: null, because: "" };
    const steps = found.labels && `${found.verdict} in ${found.labels.length}`;
    const verdict = found.labels
      ? make("button", { "data-property": each.name, title: found.because, click: () => jump(each.name) }, steps)
      : make("small", { title: found.because }, found.verdict);
    return make("div", { class: `property ${state}` },
      make("i", { "aria-label": state }, { broken: "✗", kept: "✓", silent: "·" }[state]),
      make("span", {}, each.name, " ", ...cited(doc, each.clause)), verdict,
      make("span", { class: "says" }, broken ? fares : each.says));
  });
  return lines.length ? [make("h2", {}, "properties at this step"), ...lines] : [];
}
