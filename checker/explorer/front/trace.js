// A run as the page knows it: its steps, the messages on their way, and its name in a link.

const FRAME = /^(deliver|drop|duplicate|overtake) (\S+?)>(\S+?)(?: #(\d+))?$/;
const LINK = /^(exchange|cut|heal) (\S+?)>(\S+)$/;
const OWN = /^(perform|crash|pause|resume|restart) (\S+)/;

/** What a label speaks of: {verb, node} or {verb, source, target}, of a frame with its index. */
export function read(label) {
  let found = FRAME.exec(label);
  if (found) {
    const [, verb, source, target, index] = found;
    return { verb, source, target, index: Number(index ?? 0), frame: true, node: target };
  }
  found = LINK.exec(label);
  if (found) return { verb: found[1], source: found[2], target: found[3], node: found[2] };
  found = OWN.exec(label);
  if (found) return { verb: found[1], node: found[2] };
  const [node, verb] = label.split(" ", 2);
  return { verb, node };
}

/**
 * Follow every message through a run. A message is {link, text, sent, end, how, copies, late}:
 * sent and taken at those steps (end null: still in flight), how it ended, the steps at which
 * copies arrived, and whether it passed one that was sent before it.
 * `flights[n][link]` lists the messages in flight after step n.
 */
export function follow(doc, steps) {
  const messages = [];
  const fresh = (link, text, sent) => {
    const each = { link, text, sent, end: null, how: null, copies: [], late: false };
    messages.push(each);
    return each;
  };
  let flight = doc.start.flight.map((texts, link) => texts.map((text) => fresh(link, text, 0)));
  const flights = [flight];
  steps.forEach((step, at) => {
    const what = read(step.label);
    const rest = flight.map((queue) => [...queue]);
    if (what.frame) {
      const link = doc.links.findIndex(([a, b]) => a === what.source && b === what.target);
      const taken = rest[link][what.index];
      if (what.verb === "duplicate") taken.copies.push(at + 1);
      else {
        rest[link].splice(what.index, 1);
        taken.end = at + 1;
        taken.how = what.verb === "drop" ? "lost" : "delivered";
        const before = rest[link].some((one) => messages.indexOf(one) < messages.indexOf(taken));
        taken.late = taken.how === "delivered" && before;
      }
    }
    flight = step.view.flight.map((texts, link) => texts.map((text) => {
      const known = rest[link].findIndex((one) => one.text === text);
      return known < 0 ? fresh(link, text, at + 1) : rest[link].splice(known, 1)[0];
    }));
    rest.flat().forEach((each) => Object.assign(each, { end: at + 1, how: "lost" }));
    flights.push(flight);
  });
  return { messages, flights };
}

/** The first step, counted from 1, at which two runs differ; null if they do not. */
export function firstDifference(one, two) {
  const length = Math.max(one.length, two.length);
  for (let at = 0; at < length; at += 1) if (one[at] !== two[at]) return at + 1;
  return null;
}

/** The state of each cell of one column of a node: same, changed or gone since `before`. */
export function changes(before, now) {
  const was = new Map(before ?? []);
  const is = new Set(now.map(([key]) => key));
  const cells = now.map(([key, text]) => ({
    text, state: before && was.get(key) !== text ? "changed" : "same",
  }));
  const gone = [...was].filter(([key]) => !is.has(key));
  return [...cells, ...gone.map(([, text]) => ({ text, state: "gone" }))];
}

// --- a run in a link: labels, readable; "," stands for ">" and "+" for a blank ------------------

const written = (label) => encodeURIComponent(label).replace(/%20/g, "+").replace(/%3E/g, ",");
const unwritten = (text) => decodeURIComponent(text.replace(/,/g, "%3E").replace(/\+/g, "%20"));

/** What stands behind the # of a link. */
export function toHash({ of, labels, at, versus }) {
  const run = (list) => list.map(written).join("/");
  const parts = [of && `of=${encodeURIComponent(of)}`, `at=${at}`, `run=${run(labels)}`];
  return `#${[...parts, versus && `vs=${run(versus)}`].filter(Boolean).join("&")}`;
}

/** The same, read back; null where there is no run. Raises URIError for what is no link. */
export function fromHash(hash) {
  const parts = new Map(hash.replace(/^#/, "").split("&").map((part) => {
    const cut = part.indexOf("=");
    return [part.slice(0, cut), part.slice(cut + 1)];
  }));
  const list = (name) => (parts.get(name) ?? "").split("/").filter(Boolean).map(unwritten);
  if (!parts.has("run") && !parts.has("of")) return null;
  return {
    of: parts.has("of") ? decodeURIComponent(parts.get("of")) : null,
    labels: list("run"),
    at: parts.has("at") ? Number(parts.get("at")) : null,
    versus: parts.has("vs") ? list("vs") : null,
  };
}

/** A run as text: what a screen reader, a terminal or a mail can hold. */
export function asText(doc, steps) {
  const lines = [doc.title, ""];
  steps.forEach((step, at) => {
    lines.push(`${String(at + 1).padStart(3)}. ${step.headline}`);
    step.details.forEach((detail) => lines.push(`       ${detail}`));
  });
  lines.push("", "what each node knows now:");
  for (const node of (steps.at(-1)?.view ?? doc.start).nodes) {
    const column = (name) => `${name} ${node[name].map(([, text]) => text).join(" ") || "-"}`;
    lines.push(`  ${node.id}  ${["holds", "clock", "history"].map(column).join(" | ")}`);
  }
  return lines.join("\n");
}
