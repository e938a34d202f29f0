// The space-time diagram: life lines run down, messages slant from where they were sent to where
// they arrived. Dashed: in flight. Crossed: lost. Thick: it passed one that was sent before it.

import { fill, make } from "scuttle/panels";
import { follow, read } from "scuttle/trace";

const [ROW, TOP, LEFT, SLOT, LETTER] = [40, 34, 76, 18, 7.3];
const right = (doc) => (doc.nodes.length > 6 ? 64 : 110);

const NS = "http://www.w3.org/2000/svg";
const svg = (name, attributes, ...children) => fill(document.createElementNS(NS, name), attributes, children);
const classes = (...names) => names.filter(Boolean).join(" ");

/**
 * Draw a run. `marks` is {at, differs, width}; called back are on.go(step),
 * on.node(name, element) and on.message(link, index in flight or null, message, element).
 */
export function draw(doc, branch, marks, on) {
  const { messages, flights } = follow(doc, branch.steps);
  const now = flights[marks.at];
  const end = branch.steps.length;
  const column = columnWidth(doc, marks.width);
  const x = (node) => LEFT + doc.nodes.indexOf(node) * column;
  const y = (step) => TOP + step * ROW;
  const alike = (end) => messages.filter((one) => one.how !== "delivered" && one.end === end);
  const width = Math.max(x(doc.nodes.at(-1)) + right(doc), marks.width - 24);
  const height = y(end) + ROW + alike(null).length * SLOT;
  const [texts, taken] = [[], []];
  const views = [doc.start, ...branch.steps.map((step) => step.view)];

  /** A text at the first of some places at which it covers none that was written before it. */
  function written(said, kind, places) {
    const size = said.length * LETTER;
    const covers = ([x1, y1], [x2, y2, wide]) => Math.abs(y2 - y1) < 14 && Math.abs(x2 - x1) < (wide + size) / 2 + 3;
    const [middle, line] = places.find((each) => !taken.some((one) => covers(each, one))) ?? places[0];
    taken.push([middle, line, size]);
    return svg("text", { x: middle, y: line + 4, class: kind, "text-anchor": "middle", "aria-hidden": "true" }, said);
  }

  function row(view, step) {
    const broken = view.findings.some((each) => typeof each === "string");
    return svg("g", {
      class: classes("row", step === marks.at && "now", step === marks.differs && "differs"),
      "data-step": step, click: () => on.go(step),
    }, svg("title", {}, `${step}: ${step ? branch.steps[step - 1].headline : "the start"}`),
    svg("rect", { x: 0, y: y(step) - ROW / 2, width, height: ROW }),
    svg("text", { x: 24, y: y(step) + 4, "text-anchor": "end", class: "number" }, String(step)),
    svg("text", { x: 30, y: y(step) + 4, class: "broken" }, broken ? "✗" : ""));
  }

  function life(node) {
    return views.map((view, step) => svg("line", {
      x1: x(node), x2: x(node), y1: y(step), y2: step < end ? y(step + 1) : height,
      class: `life ${view.status[node] ?? ""}`,
    }));
  }

  /** What a node did. The text stands above its row, for whatever it sends goes down from there. */
  function event(step, at) {
    const what = read(step.label);
    if (what.verb === "drop") return [];
    const state = classes(what.verb, at > marks.at && "later", at === marks.at && "current");
    const dot = svg("circle", { cx: x(what.node), cy: y(at), r: 4, class: `event ${state}` });
    if (what.frame) return [dot];
    const [, own] = step.headline.startsWith(what.node) ? step.headline.split(/^\S+ /) : [0, step.headline];
    const said = { exchange: `asks ${what.target}`, cut: "cut", heal: "healed" }[what.verb] ?? own;
    const text = written(said, `said ${state}`, [[x(what.node) + 7 + said.length * LETTER / 2, y(at) - 11]]);
    const ends = { x1: x(what.node), x2: x(what.target ?? what.node), y1: y(at), y2: y(at) };
    return [svg("line", { ...ends, class: `between ${state}` }), dot, text];
  }

  function message(each) {
    const [source, target] = doc.links[each.link];
    const index = now[each.link].indexOf(each);
    const [flying, lost, whole] = [index >= 0, each.how === "lost", each.how === "delivered"];
    const from = [x(source), y(each.sent)];
    const wide = x(target) - x(source);
    // What ends half way does so in a line of its own, so that its text can stand beyond its tip.
    const tip = whole ? [x(target), y(each.end)]
      : [x(source) + wide * (lost ? 0.34 : 0.44), y(each.end ?? end + 0.8) + alike(each.end).indexOf(each) * SLOT];
    const name = `${each.text} from ${source} to ${target}, ${flying ? "in flight" : each.how}${each.late ? ", overtook another" : ""}`;
    const later = each.sent > marks.at || (each.end > marks.at && !flying);
    const kind = classes(/^(digest|done)/.exec(each.text)?.[0] ?? "update", flying && "flying", later && "later",
      lost && !flying && "lost", each.late && "overtook", [each.end, ...each.copies].includes(marks.at) && "current");
    const group = svg("g", {
      class: `message ${kind}`, role: "button", "aria-label": name, tabindex: flying ? 0 : -1,
      "data-flying": flying ? `${each.link} ${index}` : "",
      click: () => on.message(each.link, flying ? index : null, each, group),
    }, svg("title", {}, name));
    for (const end of [...each.copies.map((at) => [x(target), y(at)]), tip]) {
      const d = `M${from} L${end}`;
      group.append(svg("path", { d, class: "hit" }), svg("path", { d, class: "wire" }),
        lost && end === tip ? cross(end) : arrow(end, Math.atan2(end[1] - from[1], end[0] - from[0])));
    }
    const most = Math.max(whole ? 10 : 18, Math.floor(Math.abs(wide) * 0.6 / LETTER));
    const short = each.text.length > most ? `${each.text.slice(0, most - 1)}…` : each.text;
    const along = (part) => from.map((begin, axis) => begin + (tip[axis] - begin) * part);
    const beyond = [tip[0] + Math.sign(wide) * (9 + short.length * LETTER / 2), tip[1]];
    texts.push(written(short, `label ${kind}`, whole ? [0.68, 0.5, 0.82, 0.35, 0.6, 0.75, 0.25].map(along) : [beyond]));
    return group;
  }

  const says = `space-time diagram of ${branch.name}: ${end} steps, now at ${marks.at}`;
  // Texts that have one place come first, then those that can give way to them.
  const events = branch.steps.flatMap((step, at) => event(step, at + 1));
  const drawn = [...messages].sort((one, other) => (one.how === "delivered") - (other.how === "delivered")).map(message);
  return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": says },
    ...views.map(row), ...doc.nodes.flatMap(life), ...drawn, ...events, svg("g", { class: "texts" }, ...texts));
}

const columnWidth = (doc, width) => Math.max(60, Math.min(
  420, (width - LEFT - right(doc) - 24) / Math.max(1, doc.nodes.length - 1)));

const arrow = (place, angle) => svg("path", {
  d: "M0,0 L-10,4 L-10,-4 Z", class: "head", transform: `translate(${place}) rotate(${(angle * 180) / Math.PI})` });
const cross = (place) => svg("path", { d: "M-6,-6 l12,12 M-6,6 l12,-12", class: "cross", transform: `translate(${place})` });

/** The names above the life lines. */
export function heads(doc, width, view, on) {
  const column = columnWidth(doc, width);
  return make("div", { class: "heads" }, ...doc.nodes.map((node, at) => {
    const status = view.status[node] ?? "";
    return make("button", {
      class: status, "data-node": node, click: (event) => on.node(node, event.currentTarget),
      "aria-label": `node ${view.nodes[at].id}${status && `, ${status}`}: what can it do?`, style: `left: ${LEFT + at * column}px`,
    }, view.nodes[at].id);
  }));
}
