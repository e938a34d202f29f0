// Resolvers of Node, judged by the laws of scuttle-ref: `scuttle laws --js-module` writes this file.
//
// In a test (node:test, vitest, jest, mocha), where the command `scuttle` is installed:
//
//     import test from 'node:test'
//     import { testLaws } from './scuttle-laws.mjs'
//     import { newest } from './resolver.mjs'
//
//     testLaws(test, newest, { values: 'integers' })
//
// Run by node itself this file is the driver of `scuttle laws resolver.mjs:newest`: it reads
// questions, one JSON object a line, and writes answers. One request holds many questions.
import { spawn } from 'node:child_process'
import { readSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'

// ---- what a resolver is asked with ---------------------------------------------------------------

const isObject = value => value !== null && typeof value === 'object'
const copied = value => !isObject(value)
  ? value
  : Array.isArray(value)
    ? value.map(copied)
    : Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copied(item)]))

class Clock {
  constructor (clock) { this.clock = { ...clock } }
  get (source) { return Object.hasOwn(this.clock, source) ? this.clock[source] : -Infinity }
  update (source, version) {
    this.clock[source] = Math.max(this.get(source), version)
    return this.clock[source]
  }
}

// A node as it was before the update. `store` is what it holds; what it hands out are copies, the
// same each time, as those of the library are.
class Gossip {
  #store
  #lent = new Map()
  #looked
  #key
  #id
  #clock
  constructor ({ id, clock, store }, key, looked) {
    this.#store = store
    this.#key = key
    this.#looked = looked
    this.#id = id
    this.#clock = new Clock(clock)
    this.state = new Proxy({}, {
      get: (_, key) => this.#at(key),
      has: (_, key) => this.#at(key) !== undefined,
      ownKeys: () => { looked.beyond = true; return Object.keys(store) },
      getOwnPropertyDescriptor: (_, key) => {
        const value = this.#at(key)
        return value && { value, writable: true, enumerable: true, configurable: true }
      },
      set: (_, key, entry) => { this.#lent.set(key, entry); return true },
      deleteProperty: (_, key) => { this.#lent.set(key, undefined); return true }
    })
  }

  #at (key) {
    if (typeof key !== 'string') return undefined
    this.#looked.keys.add(key)
    if (key !== this.#key) this.#looked.beyond = true
    if (!this.#lent.has(key) && Object.hasOwn(this.#store, key)) {
      const [value, version, source] = this.#store[key]
      this.#lent.set(key, { value: copied(value), version, source_id: source })
    }
    return this.#lent.get(key)
  }

  get id () { this.#looked.beyond = true; return this.#id }
  set id (id) { this.#id = id }
  get clock () { this.#looked.beyond = true; return this.#clock }
  set clock (clock) { this.#clock = clock }
  get (key) { return this.#at(key) ?? { value: null, version: -Infinity, source_id: '' } }
  sort (one, other) { return byValue(one, other) }

  // What was set in what was handed out, as a sentence; undefined if nothing was.
  changed ({ id, clock }) {
    for (const [key, entry] of this.#lent) {
      const name = `gossip.get(${JSON.stringify(key)})`
      if (!Object.hasOwn(this.#store, key) || !isObject(entry)) return `${name} to ${told(entry)}`
      const [value, version, source] = this.#store[key]
      const said = difference(name, { value, version, source_id: source }, entry)
      if (said) return said
    }
    if (!(this.#clock instanceof Clock)) return `gossip.clock to ${told(this.#clock)}`
    const { state: _, ...more } = this
    return difference('gossip', { id }, { id: this.#id, ...more }) ||
      difference('gossip.clock', clock, this.#clock.clock)
  }
}

// The order of values of the reference: null, booleans, numbers, strings, lists, objects.
const KINDS = [v => v === null, v => typeof v === 'boolean', v => typeof v === 'number',
  v => typeof v === 'string', Array.isArray, () => true]
const kindOf = value => KINDS.findIndex(is => is(value))
function byValue (one, other) {
  const kind = kindOf(one)
  if (kind !== kindOf(other)) return kind - kindOf(other)
  if (kind === 4) {
    for (let at = 0; at < one.length && at < other.length; at++) {
      const order = byValue(one[at], other[at])
      if (order) return order
    }
    return one.length - other.length
  }
  if (kind === 5) [one, other] = [JSON.stringify(one), JSON.stringify(other)]
  return one < other ? -1 : one > other ? 1 : 0
}

function told (value) {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 80)
  } catch {
    return Object.prototype.toString.call(value)
  }
}

function same (one, other) {
  if (!isObject(one) || !isObject(other)) return Object.is(one, other)
  const names = Object.keys(one)
  return Array.isArray(one) === Array.isArray(other) && names.length === Object.keys(other).length &&
    names.every(name => Object.hasOwn(other, name) && same(one[name], other[name]))
}

function difference (name, before, after) {
  for (const member of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (same(before[member], after[member]) && member in before === member in after) continue
    const was = member in before ? ` from ${told(before[member])}` : ''
    return `${name}.${member}${was} to ${member in after ? told(after[member]) : 'nothing'}`
  }
}

// ---- the circumstances of a question -------------------------------------------------------------

const kept = {
  Date: globalThis.Date,
  random: Math.random,
  exit: process.exit,
  abort: process.abort,
  hrtime: process.hrtime,
  out: process.stdout.write,
  err: process.stderr.write
}

class Ended extends Error {}

function dateAt (now) {
  return new Proxy(kept.Date, {
    construct: (real, given, made) => Reflect.construct(real, given.length ? given : [now()], made),
    apply: real => String(new real(now())), // eslint-disable-line new-cap
    get: (real, name) => name === 'now' ? now : real[name]
  })
}

// Lets `work` run at a time (in seconds since 1970, or null: now), with random numbers of a seed,
// where it can neither print nor end the process.
function under ({ at = null, seed = 0 }, events, work) {
  const now = at === null ? kept.Date.now : () => Math.floor(at * 1000)
  const nanoseconds = () => BigInt(Math.floor(at * 1000)) * 1000000n
  let chance = seed + 1
  const printed = text => { events.printed ??= String(text); return true }
  globalThis.Date = dateAt(now)
  kept.Date.prototype.constructor = globalThis.Date
  Math.random = () => { // mulberry32
    chance = (chance + 0x6D2B79F5) | 0
    let mixed = Math.imul(chance ^ (chance >>> 15), 1 | chance)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  if (at !== null) {
    Object.defineProperty(performance, 'now', { value: () => at * 1000, configurable: true })
    process.hrtime = () => [Math.floor(at), Math.floor(at % 1 * 1e9)]
    process.hrtime.bigint = nanoseconds
  }
  process.exit = code => {
    events.ended = `called process.exit(${code ?? ''})`
    throw new Ended(events.ended)
  }
  process.abort = () => { events.ended = 'called process.abort()'; throw new Ended(events.ended) }
  process.stdout.write = process.stderr.write = printed
  try {
    return work()
  } finally {
    globalThis.Date = kept.Date
    kept.Date.prototype.constructor = kept.Date
    Math.random = kept.random
    delete performance.now
    process.hrtime = kept.hrtime
    process.exit = kept.exit
    process.abort = kept.abort
    process.stdout.write = kept.out
    process.stderr.write = kept.err
  }
}

const WATCHED = Symbol.for('scuttle-laws')
const SCRIPT = new vm.Script('globalThis[Symbol.for("scuttle-laws")]()')

// Whether `work` came to an end within so many milliseconds, also where it would never do so.
function inTime (work, limit) {
  globalThis[WATCHED] = work
  try {
    SCRIPT.runInThisContext({ timeout: limit })
    return true
  } catch (fault) {
    if (fault?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false
    throw fault
  }
}

// ---- asking --------------------------------------------------------------------------------------

function failed (answer) {
  if (answer !== null && typeof answer?.then === 'function') {
    Promise.resolve(answer).catch(() => {})
    return 'a promise'
  }
  const kind = answer === null || answer === undefined ? '' : ` (a ${typeof answer})`
  return isObject(answer) || typeof answer === 'function' ? kind.slice(2, -1) : told(answer) + kind
}

function raised (fault) {
  let text
  try {
    text = fault instanceof Error ? `${fault.name}: ${fault.message}` : `${told(fault)}, which is no Error`
  } catch {
    text = 'something that cannot be shown'
  }
  return `raised ${text.split(/\s+/).join(' ').slice(0, 200)}`
}

// One answer: 1 or 0, or an object with what failed, what was changed and what was printed.
function asked (resolver, state, [, key, value, source, version], looked, events) {
  const gossip = new Gossip(state, key, looked)
  const update = { key, value: copied(value), source_id: source, version }
  let failure, answer
  delete events.ended
  delete events.printed
  try {
    answer = resolver(gossip, update)
    if (answer !== true && answer !== false) {
      failure = ['no bool', `returned ${failed(answer)} instead of a bool`]
    }
  } catch (fault) {
    failure = ['raised', raised(fault)]
  }
  if (events.ended) failure = ['raised', `${events.ended}, which ends the process that asks it`]
  const before = { key, value, source_id: source, version }
  const changed = difference('update', before, update) || gossip.changed(state)
  if (!failure && !changed && !events.printed) return answer ? 1 : 0
  const found = failure ? { kind: failure[0], says: failure[1] } : { answer: answer ? 1 : 0 }
  return { ...found, changed, printed: events.printed?.slice(0, 200) }
}

const FLUSH = 200 // milliseconds after which answers are sent, so that it is known where one hangs
const PATIENCE = 4 // a process that does not get to work has so many times the limit

// Answers a request, up to the first question at which the function hangs. `send` is called with
// answers, in order.
function answerAll (resolver, { states, asks, limit, careful, ...circumstance }, send) {
  const looked = { keys: new Set(), beyond: false }
  const events = {}
  let next = 0
  let found = []
  const flush = () => {
    const cpu = process.cpuUsage()
    const { keys, beyond } = looked
    send({ answers: found, looked: [...keys], beyond, cpu: (cpu.user + cpu.system) / 1e6 })
    found = []
  }
  under(circumstance, events, () => {
    for (let tries = 0; next < asks.length;) {
      const first = next
      const began = kept.Date.now()
      const worked = process.cpuUsage()
      const ended = inTime(() => {
        while (next < asks.length && kept.Date.now() - began < FLUSH) {
          found.push(asked(resolver, states[asks[next][0]], asks[next], looked, events))
          next++
          if (careful) return
        }
      }, limit)
      if (ended || next > first) {
        tries = 0
      } else {
        const { user, system } = process.cpuUsage(worked)
        if (++tries < PATIENCE && user + system < limit * 500) continue // a machine that is busy
        found.push({ kind: 'too slow', says: `gave no answer within ${limit / 1000} s` })
        break // the rest may be worth asking in another way, or not at all
      }
      if (next < asks.length) flush()
    }
  })
  flush()
}

// ---- the driver ----------------------------------------------------------------------------------

function* lines (descriptor) {
  const chunk = Buffer.alloc(1 << 16)
  let rest = []
  for (;;) {
    const count = readSync(descriptor, chunk)
    if (count === 0) return
    let begin = 0
    for (let end; (end = chunk.subarray(0, count).indexOf(10, begin)) >= 0; begin = end + 1) {
      rest.push(Buffer.from(chunk.subarray(begin, end)))
      yield JSON.parse(Buffer.concat(rest).toString())
      rest = []
    }
    rest.push(Buffer.from(chunk.subarray(begin, count)))
  }
}

function written (descriptor, message) {
  const bytes = Buffer.from(JSON.stringify(message) + '\n')
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at)
}

// The function of a module: by the name of an export, of a member of one, or the default.
async function loaded (path, name) {
  const module_ = await import(pathToFileURL(path))
  let found = module_
  for (const part of name.split('.')) {
    found = found?.[part] ?? (found === module_ ? module_.default?.[part] : undefined)
  }
  if (typeof found === 'function') return found
  const functions = Object.entries({ ...module_.default, ...module_ })
    .filter(([, each]) => typeof each === 'function').map(([each]) => each)
  const known = functions.length ? `functions there: ${functions.join(', ')}` : 'no function is exported'
  const is = found === undefined ? `exports no ${name}` : `exports ${name}, which is ${told(found)}`
  throw new Ended(`${is}; ${known}`)
}

async function drive () {
  const [, , input, output, path, name] = process.argv
  let resolver
  try {
    resolver = await loaded(path, name)
  } catch (fault) {
    const says = fault instanceof Ended ? fault.message : raised(fault)
    written(+output, { error: says, code: String(fault?.code ?? fault?.name ?? '') })
    process.reallyExit(0)
  }
  written(+output, { loaded: true, async: resolver.constructor?.name === 'AsyncFunction' })
  for (const request of lines(+input)) answerAll(resolver, request, said => written(+output, said))
  process.reallyExit(0)
}

// ---- in a test -----------------------------------------------------------------------------------

const FLAGS = ['values', 'observe', 'sources', 'seed', 'examples', 'seconds', 'callSeconds', 'save']

function flagsOf (options) {
  const flags = FLAGS.filter(name => options[name] !== undefined).flatMap(name => [
    `--${name.replace('S', '-s')}`, [].concat(options[name]).join(',')
  ])
  const expected = Object.entries(options.expect ?? {}).map(pair => ['--expect', pair.join('=')])
  return [...flags, ...expected.flat()]
}

/**
 * Judges a function of this process and gives what `scuttle laws --json` says.
 *
 * options: values, observe, sources, seed, examples, seconds, callSeconds, save, expect (an object
 * of laws and verdicts), name, and command (default ['scuttle']).
 */
export function judgeResolver (resolver, options = {}) {
  const name = options.name ?? (resolver.name || 'resolver')
  const [command, ...before] = [].concat(options.command ?? process.env.SCUTTLE ?? 'scuttle')
  const words = [...before, 'laws', name, '--through', '3', '--json', ...flagsOf(options)]
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })
    const said = { out: '', err: '' }
    child.on('error', fault => reject(new Error(
      `${command} cannot be started (${fault.code}): pip install scuttle-ref, or option command`)))
    child.stdin.on('error', () => {})
    child.stdin.write(JSON.stringify({ source: String(resolver) }) + '\n')
    child.stdout.on('data', text => { said.out += text })
    child.stderr.on('data', text => { said.err += text })
    createInterface({ input: child.stdio[3] }).on('line', line => {
      const answers = []
      answerAll(resolver, JSON.parse(line), each => answers.push(JSON.stringify(each) + '\n'))
      child.stdin.write(answers.join(''))
    })
    child.on('close', code => {
      if (![0, 1, 4].includes(code)) return reject(new Error(said.err.trim() || `exit code ${code}`))
      resolve(JSON.parse(said.out))
    })
  })
}

/** A test for each law. `test` is that of node:test, vitest, jest, or the `it` of mocha. */
export function testLaws (test, resolver, options = {}) {
  let report
  const judged = () => (report ??= judgeResolver(resolver, options))
  const name = options.name ?? (resolver.name || 'resolver')
  for (const law of LAWS) {
    test(`${name}: ${law}`, async function () {
      this?.timeout?.(TIMEOUT)
      const found = (await judged()).laws.find(each => each.law === law)
      if (!found.as_expected) throw broken(name, found)
    }, TIMEOUT)
  }
}

const TIMEOUT = 120000

function broken (name, { law, clause, says, costs, verdict, scope, expected, told }) {
  const lines = told.length ? [...told, `what it costs: ${costs}`] : [`${scope} (expected: ${expected})`]
  const fault = new Error([`${name} ${verdict}: ${law} [${clause}]: ${says}`, ...lines].join('\n  '))
  fault.stack = fault.message
  return fault
}

/** The laws, in the order in which they are judged; `scuttle laws --js-module` lists them here. */
export const LAWS = []

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await drive()
