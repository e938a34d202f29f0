// The adapter protocol for Node: reads requests, asks a host, writes answers (ADP-1 to ADP-11).
//
// serve(sut, capabilities, start): `start({id, config, send, tell})` makes one node, an object with
// a method for each operation it has. `send(message, to)` says something to a peer, without `to` to
// the one the operation is about; `tell(event)` lists an event. A method may return a promise.
// `start.afresh`, if there is one, is called before the nodes of a case are made, and
// `start.resolve` answers for a resolver by itself. `start.integer` reads an integer beyond 2^53 from
// its digits: by default as JSON.parse would, rounded to a double.
'use strict'

const { createRequire } = require('module')
const path = require('path')
const readline = require('readline')

class Refused extends Error {
  constructor (message, kind = 'rejected') { super(message); this.kind = kind }
}

const NUMBERS = { '-Infinity': -Infinity, Infinity, NaN, '-0': -0 }

const isObject = value => value !== null && typeof value === 'object'
const object = (value, each) =>
  Object.fromEntries(Object.entries(value).map(([name, item]) => [name, each(item)]))

function decoded (value, integer) {
  if (!isObject(value)) return value
  const each = item => decoded(item, integer)
  if (Array.isArray(value)) return value.map(each)
  if ('$num' in value) return NUMBERS[value.$num]
  if ('$int' in value) return integer(value.$int)
  return '$undef' in value ? undefined : object(value, each)
}

function encoded (value) {
  if (value === undefined) return { $undef: true }
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Object.is(value, -0)) {
      return { $num: Object.is(value, -0) ? '-0' : String(value) }
    }
    const huge = Number.isInteger(value) && Math.abs(value) > 2 ** 53
    return huge ? { $int: BigInt(value).toString() } : value
  }
  if (typeof value === 'bigint') return { $int: String(value) }
  if (!isObject(value)) return value
  return Array.isArray(value) ? value.map(encoded) : object(value, encoded)
}

function serve (sut, capabilities, start) {
  const nodes = new Map()
  let out = []
  let events = []
  const send = (message, to) => out.push(to === undefined ? message : { to, message })
  const tell = event => events.push(event)

  async function answer (request) {
    out = []
    events = []
    const { op } = request
    if (op === 'hello') return { version: 1, sut: { language: 'javascript', ...sut }, capabilities }
    if (op === 'bye') return {}
    if (op === 'init') {
      for (const node of nodes.values()) if (node.end) node.end()
      nodes.clear()
      if (start.afresh) start.afresh()
      for (const { node, id, config } of request.nodes) {
        nodes.set(node, start({ id, config: config || {}, send, tell }))
      }
      return {}
    }
    if (!capabilities.includes(op)) throw new Refused(`no operation ${op}`, 'unsupported')
    if (op === 'resolve') return { result: start.resolve(request) }
    const node = nodes.get(request.node)
    if (!node) throw new Refused(`no node ${request.node}`, 'malformed')
    if (op === 'write' && !isObject(request.message)) throw new Refused('no object')
    const result = await node[op](request)
    if (op === 'inspect') return result
    return ['get', 'news'].includes(op) ? { result } : { out, events }
  }

  async function replied (line) {
    const request = decoded(JSON.parse(line), start.integer || Number)
    const reply = { re: request.id, ok: true }
    try {
      Object.assign(reply, await answer(request))
    } catch (error) {
      const { name = 'Error', message = String(error), kind = 'internal' } = error || {}
      Object.assign(reply, { ok: false, error: { kind, name, message } })
    }
    process.stdout.write(JSON.stringify(encoded(reply)) + '\n')
    return request.op
  }

  let last = Promise.resolve()
  const input = readline.createInterface({ input: process.stdin, terminal: false })
  input.on('line', line => {
    last = last.then(() => replied(line)).then(op => { if (op === 'bye') process.exit(0) })
  })
  input.on('close', () => last.then(() => process.exit(0)))
}

// The function of a configuration that is called so (ADP-8).
function named (table, name) {
  if (!Object.hasOwn(table, name)) throw new Refused(`nothing is called ${name}`, 'unsupported')
  return table[name]
}

// What is installed in a folder: the first argument of the adapter, or where it was started.
const installed = folder => createRequire(path.resolve(folder || process.argv[2] || '.', 'index.js'))

// Forgets the modules of a package, so that it is loaded again as by a new process.
function forget (require_, pattern) {
  for (const file of Object.keys(require_.cache)) {
    if (pattern.test(file) && !file.startsWith(__dirname)) delete require_.cache[file]
  }
}

// Serves an npm package under its own name and version, with the operations that they all have.
function servePackage (require_, name, repository, start, shown = name) {
  const { version } = require_(`${name}/package.json`)
  const issues = `https://github.com/${repository}/issues`
  const can = ['set', 'get', 'write', 'gossip', 'close', 'inspect']
  serve({ name: shown, version, issues }, can, start)
}

// Says a digest: a line for each source, and what ends it.
function sayDigest (send, marks, end, peer) {
  for (const [source, version] of Object.entries(marks)) send(line(source, version), peer)
  send(end, peer)
}

// A digest is heard line by line; `lines.take(peer)` is what was said before done.
function digests () {
  const heard = new Map()
  return {
    add (peer, { source_id: source, version }) {
      if (!heard.has(peer)) heard.set(peer, new Map())
      const lines = heard.get(peer)
      lines.set(source, Math.max(version, lines.get(source) ?? -Infinity))
    },
    take (peer) {
      const lines = heard.get(peer) || new Map()
      heard.delete(peer)
      return lines
    }
  }
}

const line = (source, version) => ({ digest: true, source_id: source, version })
const DONE = { digest: true, done: true }

const RETURNED = { ...DONE, returned: true }

module.exports = {
  serve, servePackage, installed, forget, named, digests, sayDigest, line, DONE, RETURNED, Refused
}
