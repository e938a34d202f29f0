// The space-time diagram: life lines run down, messages slant from where they were sent to where
// they arrived. Dashed: in flight. Crossed: lost. Thick: it passed one that was sent before it.

import { fill, make } from "scuttle/panels";
import { follow, read } from "scuttle/trace";

const [ROW, TOP, NUMBERS] = [40, 26, 44];
const margin = (doc) => (doc.nodes.length > 6 ? 60 : 96);

const NS = "http://www.w3.org/2000/svg";
const svg = (name, attributes, ...children) => fill(document.createElementNS(NS, name), attributes, children);
const classes = (...names) => names.filter(Boolean).join(" ");

/**
 * Draw a run. `marks` is {at, differs, width}; called back are on.go(step),
 * on.node(name, element) and on.message(link, index in flight or null, message, element).
 */
export function draw(doc, branch, marks, on) {
  const { messages, flights } = follow(doc, branch.steps);
  const [now, last] = [flights[marks.at], flights.at(-1)];
  const end = branch.steps.length;
  const column = columnWidth(doc, marks.width);
  const x = (node) => NUMBERS + margin(doc) + doc.nodes.indexOf(node) * column;
  const y = (step) => TOP + step * ROW;
  const width = Math.max(x(doc.nodes.at(-1)) + margin(doc), marks.width - 24);
  const height = y(end) + ROW + Math.max(0, ...last.map((queue) => queue.length)) * 20;
  const views = [doc.start, ...branch.steps.map((step) => step.view)];

  function row(view, step) {
    const broken = view.findings.some((each) => typeof each === "string");
    const told = step ? branch.steps[step - 1].headline : "the start";
    const number = { x: 24, y: y(step) + 4, "text-anchor": "end", class: "number" };
    return svg("g", {
      class: classes("row", step === marks.at && "now", step === marks.differs && "differs"),
      "data-step": step, click: () => on.go(step),
    }, svg("title", {}, `${step}: ${told}`),
    svg("rect", { x: 0, y: y(step) - ROW / 2, width, height: ROW }),
    svg("text", number, String(step)),
    svg("text", { x: 30, y: y(step) + 4, class: "broken" }, broken ? "✗" : ""));
  }

  function life(node) {
    return views.map((view, step) => svg("line", {
      x1: x(node), x2: x(node), y1: y(step), y2: step < end ? y(step + 1) : height,
      class: `life ${view.status[node] ?? ""}`,
    }));
  }

  function event(step, at) {
    const what = read(step.label);
    if (what.verb === "drop") return [];
    const later = at > marks.at && "later";
    const dot = svg("circle", { cx: x(what.node), cy: y(at), r: 4, class: classes("event", later) });
    if (what.frame) return [dot];
    const left = what.node === doc.nodes[0] && doc.nodes.length > 1;
    const [, own] = step.headline.startsWith(what.node) ? step.headline.split(/^\S+ /) : [0, step.headline];
    const said = what.verb === "exchange" ? `asks ${what.target}` : own;
    return [dot, svg("text", {
      x: x(what.node) + (left ? -10 : 10), y: y(at) + 4, class: classes("said", later),
      "text-anchor": left ? "end" : "start",
    }, said)];
  }

  /** Where a message ends in the picture: it may be lost half way, or still be under way. */
  function tip(each, from, to) {
    const share = { lost: 0.55, delivered: 1 }[each.how] ?? 0.62;
    const [across, down] = from.map((start, axis) => start + (to[axis] - start) * share);
    return [across, each.end === null ? y(end) + ROW * 0.8 + last[each.link].indexOf(each) * 20 : down];
  }

  function message(each) {
    const [source, target] = doc.links[each.link];
    const index = now[each.link].indexOf(each);
    const flying = index >= 0;
    const from = [x(source), y(each.sent)];
    const to = tip(each, from, [x(target), y(each.end ?? end)]);
    const passed = each.late ? ", overtook another" : "";
    const name = `${each.text} from ${source} to ${target}, ${flying ? "in flight" : each.how}${passed}`;
    const later = each.sent > marks.at || (each.end > marks.at && !flying);
    const lost = each.how === "lost";
    const group = svg("g", {
      class: classes("message", flying && "flying", later && "later",
        lost && !flying && "lost", each.late && "overtook"),
      role: "button", "aria-label": name, tabindex: flying ? 0 : -1,
      "data-flying": flying ? `${each.link} ${index}` : "",
      click: () => on.message(each.link, flying ? index : null, each, group),
    }, svg("title", {}, name), svg("path", { d: `M${from} L${to}`, class: "hit" }));
    const ends = [to, ...each.copies.map((at) => [x(target), y(at)])];
    ends.forEach((place, at) => group.append(
      svg("path", { d: `M${from} L${place}`, class: "wire" }),
      lost && !at ? cross(place) : arrow(place, Math.atan2(place[1] - from[1], place[0] - from[0])),
    ));
    const near = lost || each.end === null ? 0.62 : 0.5;
    const [middle, above] = from.map((start, axis) => start + (to[axis] - start) * near);
    group.append(svg("text", { x: middle, y: above - 5, "text-anchor": "middle" }, each.text));
    return group;
  }

  const label = `space-time diagram of ${branch.name}: ${end} steps, now at ${marks.at}`;
  return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label },
    ...views.map(row), ...doc.nodes.flatMap(life), ...messages.map(message),
    ...branch.steps.flatMap((step, at) => event(step, at + 1)));
}

function columnWidth(doc, width) {
  const gaps = Math.max(1, doc.nodes.length - 1);
  return Math.max(50, Math.min(420, (width - NUMBERS - 2 * margin(doc) - 24) / gaps));
}

function arrow([x, y], angle) {
  const corner = (turn) => `${x - 10 * Math.cos(angle + turn)},${y - 10 * Math.sin(angle + turn)}`;
  return svg("path", { d: `M${x},${y} L${corner(0.4)} L${corner(-0.4)} Z`, class: "head" });
}

function cross([x, y]) {
  return svg("path", { d: `M${x - 6},${y - 6} l12,12 M${x - 6},${y + 6} l12,-12`, class: "cross" });
}

/** The names above the life lines. */
export function heads(doc, width, view, on) {
  const column = columnWidth(doc, width);
  return make("div", { class: "heads" }, ...doc.nodes.map((node, at) => {
    const status = view.status[node] ?? "";
    const { id } = view.nodes[at];
    return make("button", {
      class: status, "data-node": node, click: (event) => on.node(node, event.currentTarget),
      "aria-label": `node ${id}${status && `, ${status}`}: what can it do?`,
      style: `left: ${NUMBERS + margin(doc) + at * column}px`,
    }, id);
  }));
}
