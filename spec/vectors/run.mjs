// Runs a file of vectors on an implementation: node run.mjs FILE.json ./implementation.mjs
// The implementation exports start({id, config}), which gives an object with the methods
// set(key, value), gossip(peer), write(from, message), get(key, source): the first three return the
// messages sent, get returns {value, version}. Whoever refuses may throw.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const isObject = (x) => typeof x === "object" && x !== null && !Array.isArray(x);
const plain = (x) => // $num and $int are numbers that JSON cannot hold
  Array.isArray(x) ? x.map(plain)
    : !isObject(x) ? x
    : "$num" in x ? Number(x.$num)
    : "$int" in x ? Number(x.$int)
    : Object.fromEntries(Object.entries(x).map(([name, item]) => [name, plain(item)]));

function matches(pattern, answer) {
  if (Array.isArray(pattern))
    return Array.isArray(answer) && pattern.length === answer.length
      && pattern.every((each, at) => matches(each, answer[at]));
  if (!isObject(pattern)) return Object.is(pattern, answer);
  if ("$any" in pattern) return true;
  if ("$exact" in pattern)
    return matches(pattern.$exact, answer)
      && Object.keys(answer).every((name) => name in pattern.$exact);
  if ("$oneOf" in pattern) return pattern.$oneOf.some((each) => matches(each, answer));
  if ("$unordered" in pattern) {
    const left = [...pattern.$unordered], length = left.length;
    const found = (item) => left.findIndex((each) => matches(each, item));
    return Array.isArray(answer) && matches(pattern.$then ?? [], answer.slice(length))
      && answer.slice(0, length).every((item) => found(item) >= 0 && left.splice(found(item), 1))
      && left.length === 0;
  }
  return isObject(answer)
    && Object.entries(pattern).every(([name, each]) => name in answer && matches(each, answer[name]));
}

function ask(node, { op, key, value, peer, from, message, source_id }) {
  const call = { set: [key, value], gossip: [peer], write: [from, message], get: [key, source_id] };
  try {
    return { [op === "get" ? "result" : "out"]: node[op](...call[op]) };
  } catch (error) {
    return { error: String(error) };
  }
}

const [file, implementation] = process.argv.slice(2);
const { start } = await import(pathToFileURL(resolve(implementation)));
const { vectors } = JSON.parse(readFileSync(file, "utf8"));
let failed = 0;
for (const vector of vectors) {
  const nodes = new Map(plain(vector.nodes).map((each) => [each.node, start(each)]));
  for (const [at, step] of vector.steps.entries()) {
    const answer = ask(nodes.get(step.do.node), plain(step.do));
    if (matches(plain(step.expect), answer)) continue;
    failed += 1;
    console.log(`FAIL ${vector.id} step ${at + 1}: ${JSON.stringify(step.do)} gave ${JSON.stringify(answer)}`);
    console.log(`     ${vector.comment} [${vector.clauses}]`);
    break;
  }
}
console.log(`${vectors.length} vectors: ${vectors.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
