// Runs a file of vectors on an implementation: node run.mjs FILE.json ./implementation.mjs
// The implementation exports start({id, config}), which gives an object with the methods
// set(key, value, now), gossip(peer), write(from, message), get(key, source): the first three
// return the messages sent, get returns {value, version}. Whoever refuses may throw. Vectors about
// connections need the methods close(peer) and open(peer), too, and are left out without them.
import { readFileSync } from "node:fs";

const number = (_, x) => Number(x?.$num ?? x?.$int ?? NaN) || x; // what JSON cannot hold
const isObject = (x) => typeof x === "object" && x !== null && !Array.isArray(x);

function matches(want, got) {
  const all = (wants, gots) => gots?.length === wants.length && wants.every((w, at) => matches(w, gots[at]));
  if (Array.isArray(want)) return Array.isArray(got) && all(want, got);
  if (!isObject(want)) return Object.is(want, got);
  const { $any, $exact, $oneOf, $unordered, $then = [] } = want;
  if ($any) return true;
  if ($exact) return matches($exact, got) && Object.keys(got).every((name) => name in $exact);
  if ($oneOf) return $oneOf.some((each) => matches(each, got));
  if ($unordered)
    return all($then, got?.slice?.($unordered.length))
      && $unordered.every((w) => got.slice(0, $unordered.length).some((each) => matches(w, each)));
  return isObject(got) && Object.keys(want).every((name) => name in got && matches(want[name], got[name]));
}

function ask(nodes, { op, node, peer, from, key, value, now, source_id, message }) {
  const call = { set: [key, value, now], gossip: [peer], write: [from, message], get: [key, source_id], close: [peer], open: [peer] };
  try {
    if (op !== "exchange") return { [op === "get" ? "result" : "out"]: nodes[node][op](...call[op]) };
    const flying = [{ op: "gossip", node, peer }]; // each message arrives, until nobody says anything
    for (const { node: me, peer: you, ...asked } of flying)
      for (const message of ask(nodes, { ...asked, node: me, peer: you, from: you }).out)
        if (flying.length < 1000) flying.push({ op: "write", node: you, peer: me, message });
    return {};
  } catch (error) { return { error: String(error) }; }
}

const [file, implementation] = process.argv.slice(2);
const { start } = await import(new URL(implementation, `file://${process.cwd()}/`));
const { vectors: all } = JSON.parse(readFileSync(file, "utf8"), number);
const told = (op) => op !== "close" && op !== "open" || op in start({ id: "A", config: {} });
const vectors = all.filter((vector) => vector.requires.every(told));
for (const vector of vectors) {
  const nodes = Object.fromEntries(vector.nodes.map((each) => [each.node, start(each)]));
  vector.wrong = vector.steps.find((step) => !matches(step.expect, ask(nodes, step.do)));
}
const failed = vectors.filter((each) => each.wrong);
for (const { id, comment, clauses, wrong, steps } of failed)
  console.log(`FAIL ${id} step ${steps.indexOf(wrong) + 1}: ${JSON.stringify(wrong.do)}\n     ${comment} [${clauses}]`);
console.log(`${vectors.length} vectors: ${vectors.length - failed.length} passed, ${failed.length} failed, ${all.length - vectors.length} left out`);
process.exit(failed.length ? 1 : 0);
