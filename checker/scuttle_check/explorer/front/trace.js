// A run as the page knows it: its steps, the messages on their way, and its name in a link.

const LINKS = /^(exchange|cut|heal|deliver|drop|duplicate|overtake) (\S+?)>(\S+?)(?: #(\d+))?$/;
const OWN = /^(perform|crash|pause|resume|restart) (\S+)/;

/** What a label speaks of: {verb, node} or {verb, source, target}, of a frame with its index. */
export function read(label) {
  const [, verb, source, target, index] = LINKS.exec(label) ?? [];
  const [, own, node] = OWN.exec(label) ?? [];
  if (own) return { verb: own, node };
  if (!verb) return { verb: label.split(" ")[1], node: label.split(" ")[0] };
  const frame = !["exchange", "cut", "heal"].includes(verb);
  return { verb, source, target, frame, index: Number(index ?? 0), node: frame ? target : source };
}

/**
 * Follow every message through a run. A message is {link, text, sent, end, how, copies, late}:
 * sent and taken at those steps (end null: still in flight), how it ended, the steps at which
 * copies arrived, and whether it passed one that was sent before it.
 * `flights[n][link]` lists the messages in flight after step n.
 */
export function follow(doc, steps) {
  const messages = [];
  const fresh = (link, text, sent) => messages[messages.push(
    { link, text, sent, end: null, how: null, copies: [], late: false }) - 1];
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
  const longer = one.length < two.length ? two : one;
  return longer.findIndex((_, at) => one[at] !== two[at]) + 1 || null;
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
  const parts = hash.slice(1).split("&").map((part) => part.split("="));
  const { of, at, run, vs } = Object.fromEntries(parts);
  if (run === undefined && of === undefined) return null;
  const list = (text) => text?.split("/").filter(Boolean).map(unwritten);
  const step = at === undefined ? null : Number(at) || 0;
  return { of: of && decodeURIComponent(of), labels: list(run) ?? [], at: step, versus: list(vs) };
}

/** A run as text: what a screen reader, a terminal or a mail can hold. */
export function asText(doc, steps) {
  const lines = [doc.title, ""];
  steps.forEach(({ headline, details }, at) => lines.push(
    `${String(at + 1).padStart(3)}. ${headline}`, ...details.map((each) => `       ${each}`)));
  lines.push("", "what each node knows now:");
  for (const node of (steps.at(-1)?.view ?? doc.start).nodes) {
    const column = (name) => `${name} ${node[name].map(([, text]) => text).join(" ") || "-"}`;
    lines.push(`  ${node.id}  ${["holds", "clock", "history"].map(column).join(" | ")}`);
  }
  return lines.join("\n");
}
