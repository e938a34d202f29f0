// The page: which orderings there are, which step is shown, and what keys and clicks do.

import { draw, heads } from "scuttle/diagram";
import * as panels from "scuttle/panels";
import { asText, firstDifference, fromHash, read, toHash } from "scuttle/trace";

const { make } = panels;
const $ = (id) => document.getElementById(id);

export async function start(connecting) {
  let backend, doc, branches, current, before, versus, at, of, wrong;
  const branch = () => branches[current];
  const labels = () => branch().labels.slice(0, at);
  const shown = () => branch().steps.slice(0, at);
  const view = (one = branch(), step = at) => one.steps.slice(0, step).at(-1)?.view ?? doc.start;

  const tell = (id, text) => Object.assign($(id), { textContent: text, hidden: !text });
  const say = (text) => tell("alert", text);
  const attempt = (act) => Promise.resolve().then(act).catch((fault) => say(fault.message));
  const misfit = ({ step, label, because }, upTo) => say(
    `Step ${step}, “${label}”, cannot happen: ${because}.\nShown up to step ${upTo}.`);

  // --- orderings ---------------------------------------------------------------------------------

  async function open(request) {
    doc = await backend.init(request);
    [of, branches, current, before, versus, at, wrong] = [request.open ?? null, [], 0, 0, null, 0, -1];
    for (const run of doc.runs) await add(run.labels, run.name);
    if (!branches.length) await add([]);
    [current, at] = [0, 0];
    $("title").textContent = document.title = doc.title;
    tell("note", `${doc.note} ${doc.complete ? "" : "The file holds the runs and what is near them, not all worlds."}`.trim());
    const entries = (doc.menu ?? []).map(({ id, name }) => make("option", { value: id }, name));
    $("open").replaceChildren(make("option", { value: "" }, "examples…"), ...entries);
    $("open").hidden = !entries.length;
  }
  const keep = (names, steps, name = `run ${branches.length + 1}`) => choose(
    branches.push({ name, labels: names, steps }) - 1);
  async function add(wanted, name) {
    const { steps, misfit: unfit } = await backend.expand(wanted, 0);
    const fitting = wanted.slice(0, steps.length);
    const known = branches.findIndex((each) => firstDifference(each.labels, fitting) === null);
    const found = known < 0 ? keep(fitting, steps, name) : choose(known);
    at = fitting.length;
    if (unfit) misfit(unfit, at);
    return found;
  }
  async function take(label) {
    say("");
    const here = branch();
    if (here.labels[at] === label) return go(at + 1);
    const longer = [...labels(), label];
    const reply = await backend.expand(longer, at);
    if (reply.misfit) return misfit(reply.misfit, at);
    const steps = [...here.steps.slice(0, reply.from), ...reply.steps];
    if (at === here.labels.length) Object.assign(here, { labels: longer, steps });
    else keep(longer, steps);
    return go(at + 1);
  }
  function go(step) {
    at = Math.max(0, Math.min(step, branch().steps.length));
    show();
  }
  function choose(to) {
    if (to !== current) [before, current] = [current, to];
    if (versus === current) versus = null;
    return current;
  }
  const turn = (to) => { choose((to + branches.length) % branches.length); go(at); };
  const fork = () => turn(keep(labels(), shown()));
  function compare() {
    const differs = (number) => number === null || firstDifference(branches[number].labels, branch().labels);
    const others = [...new Set([before, ...branches.keys(), null])].filter(differs);
    if (others.length < 2) return say("There is one ordering. Step back and do something else.");
    versus = others[(others.indexOf(versus) + 1) % others.length];
    return show();
  }
  const jump = (name) => add(doc.shortest[name].labels, name).then(show);
  function goWrong() {
    const broken = Object.entries(doc.shortest).filter(([, { verdict, labels: way }]) => verdict === "refuted" && way);
    wrong = (wrong + 1) % (broken.length || 1);
    return broken.length ? jump(broken[wrong][0]) : say("No property of this model is known to break.");
  }

  // --- showing -----------------------------------------------------------------------------------

  function show() {
    const other = versus === null ? null : branches[versus];
    const differs = other && firstDifference(branch().labels, other.labels);
    document.body.classList.toggle("wide", Boolean(other) || doc.nodes.length > 5);
    const width = $("stage").clientWidth / (other ? 2 : 1);
    $("stage").replaceChildren(...[branch(), other].filter(Boolean).map((each) => {
      const marks = { at: Math.min(at, each.steps.length), differs, width };
      const calls = each === other ? { ...on, message: arrival, node: () => turn(versus) } : on;
      const names = heads(doc, width, view(each), calls);
      if (other) names.append(make("small", {}, each.name));
      return make("div", { class: "ordering" }, names, draw(doc, each, marks, calls));
    }));
    // Not scrollIntoView: in a frame it would move the page around the frame, too.
    const [stage, last] = [$("stage"), at === branch().steps.length];
    const top = Number(stage.querySelector(".row.now rect").getAttribute("y"));
    const low = (last ? stage.scrollHeight : top + 100) - stage.clientHeight;
    stage.scrollTop = Math.min(top, Math.max(stage.scrollTop, low));
    $("branches").replaceChildren(...panels.tabs(branches, current, versus, turn));
    $("now").replaceChildren(...panels.difference(branch(), other, differs), ...panels.now(doc, branch(), at));
    $("nodes").replaceChildren(...panels.nodes(doc, at ? view(branch(), at - 1) : null, view(), other && view(other)));
    $("properties").replaceChildren(...panels.properties(doc, view(), jump));
    $("begin").hidden = at > 0;
    showActs();
    $("fallback").replaceChildren(make("pre", {}, asText(doc, shown())));
    const hash = toHash({ of, labels: branch().labels, at, versus: other?.labels });
    try { history.replaceState(null, "", hash); } catch { /* a page in a page has no address */ }
  }
  const showActs = () => $("acts").replaceChildren(
    ...panels.acts(view(), $("filter").value, branch().labels[at], take));

  // --- menus of messages and nodes -----------------------------------------------------------------

  const arrival = (link, index, each) => go(each.end ?? each.sent);
  const on = {
    go,
    message: (link, index, each, element) => (index === null ? arrival(link, index, each)
      : menu(element, each.text, ofFrame(link, index).map(item))),
    node(node, element) {
      form.dataset.of = node;
      menu(element, node, [...ofNode(node).map(item), ...(doc.free ? [form] : [])]);
    },
  };
  const actsOf = (fits) => view().acts.filter(({ label }) => fits(read(label)));
  const ofFrame = (link, index) => actsOf((what) => what.frame && what.index === index
    && what.source === doc.links[link][0] && what.target === doc.links[link][1]);
  const ofNode = (node) => actsOf((what) => !what.frame
    && (what.node === node || (what.target === node && what.verb !== "exchange")));
  const choice = (name, does, more) => make("button", { role: "menuitem", ...more, click: () => { close(); attempt(does); } }, name);
  const item = ({ headline, label }) => choice(headline, () => take(label), { "data-label": label });
  const form = $("setting");
  form.remove();
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    close();
    const { key, value } = form.elements;
    attempt(() => take(`${form.dataset.of} set ${key.value.trim()}=${value.value.trim() || '""'}`));
  });
  function menu(element, title, items) {
    if (!items.length) items.push("nothing can be done with it here");
    $("menu").replaceChildren(make("strong", {}, title), ...items);
    $("menu").hidden = false;
    const [box, size] = [element.getBoundingClientRect(), $("menu").getBoundingClientRect()];
    const within = (wish, most) => `${Math.max(8, Math.min(wish, most - 8))}px`;
    $("menu").style.left = within(box.x + box.width / 2, innerWidth - size.width);
    $("menu").style.top = within(box.y + box.height / 2, innerHeight - size.height);
    $("menu").querySelector("button")?.focus();
  }
  function close() {
    $("menu").hidden = $("fallback").hidden = true;
    say("");
  }

  // --- files and links -----------------------------------------------------------------------------

  async function download(end) {
    const { saved } = await backend.expand(labels(), at, end);
    make("a", { download: `run.${end}`, href: URL.createObjectURL(new Blob([saved])) }).click();
  }
  const save = () => menu($("export"), "save", doc.saves.map(({ end, name }) => choice(name, () => download(end))));
  function share() {
    navigator.clipboard?.writeText(location.href).catch(() => {});
    say("The address of this page is a link to this ordering; it is copied if the browser lets it.");
  }

  // --- keys ----------------------------------------------------------------------------------------

  function mishap(verb, past, newest) {
    const flying = [...$("stage").querySelectorAll(".message.flying")];
    const one = flying.find((each) => each === document.activeElement) ?? flying.at(newest ? -1 : 0);
    const acts = one ? ofFrame(...one.dataset.flying.split(" ").map(Number)) : [];
    const act = acts.find(({ label }) => read(label).verb === verb);
    return act ? take(act.label) : say(`No message in flight can be ${past} here.`);
  }
  function cycle(selector, by = 1) {
    const found = [...document.querySelectorAll(selector)];
    found.at((found.indexOf(document.activeElement) + by) % found.length)?.focus();
  }
  function set() {
    if (!document.activeElement.dataset.node) $("stage").querySelector("[data-node]").focus();
    document.activeElement.click();
    $("menu").querySelector("[name=value]")?.focus();
  }
  function light() {
    const [root, night] = [document.documentElement.dataset, matchMedia("(prefers-color-scheme: dark)")];
    root.light = (root.light ?? (night.matches ? "dark" : "light")) === "dark" ? "light" : "dark";
  }
  const text = () => $("fallback").toggleAttribute("hidden");
  const [help, file] = [() => $("keys").showModal(), () => $("picker").click()];
  const [forward, back] = [() => go(at + 1), () => go(at - 1)];
  const keys = {
    ArrowRight: forward, j: forward, ArrowLeft: back, k: back, Home: () => go(0), End: () => go(Infinity),
    "[": () => turn(current - 1), "]": () => turn(current + 1), f: fork, v: compare, w: goWrong, s: set,
    d: () => mishap("drop", "lost"), u: () => mishap("duplicate", "duplicated"),
    x: () => mishap("overtake", "brought forward", true), m: () => cycle("#stage .message.flying"),
    n: () => cycle("#stage [data-node]"), "/": () => $("filter").focus(), c: share, e: save, o: file, t: text,
    l: light, "?": help, Escape: close,
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select") && event.key !== "Escape";
    if (event.ctrlKey || event.metaKey || event.altKey || typing || $("keys").open) return;
    const message = event.key === "Enter" && event.target.closest(".message");
    const listed = $("acts").querySelectorAll(":scope > ol [data-label]");
    const act = listed["123456789".indexOf(event.key)];
    const through = !$("menu").hidden && { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const does = through ? () => cycle("#menu button", through) : message ? () => message.dispatchEvent(new MouseEvent("click"))
      : act ? () => take(act.dataset.label) : keys[event.key];
    if (!does) return;
    event.preventDefault();
    attempt(does);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#menu, .message, .heads, #export")) $("menu").hidden = true;
  });
  const buttons = { fork, compare, wrong: goWrong, share, export: save, light, text, help, file };
  for (const [id, does] of Object.entries(buttons)) $(id).addEventListener("click", () => attempt(does));
  $("filter").addEventListener("input", showActs);
  $("keys").addEventListener("click", () => $("keys").close());
  $("open").addEventListener("change", ({ target }) => attempt(() => open({ open: target.value }).then(show)));
  $("picker").addEventListener("change", ({ target: { files: [chosen] } }) => attempt(async () => {
    await open({ file: { name: chosen.name, text: await chosen.text() } });
    show();
  }));
  addEventListener("resize", show);

  // --- begin ---------------------------------------------------------------------------------------

  async function arrive() {
    const link = fromHash(location.hash);
    await open(link?.of ? { open: link.of } : {});
    if (link) {
      const other = link.versus && await add(link.versus);
      const main = await add(link.labels);
      versus = other === main ? null : other;
      at = Math.min(link.at ?? at, branch().steps.length);
    }
    show();
  }
  addEventListener("hashchange", () => attempt(arrive));
  await attempt(async () => {
    backend = await connecting;
    await arrive().catch(async (fault) => {
      await open({});
      show();
      say(`This link cannot be followed: ${fault.message}`);
    });
  });
  document.body.dataset.ready = "yes";
}
