// An adapter in JavaScript. Put your implementation in the place of Node; the rest can stay.

import { createInterface } from 'node:readline'

// A small Scuttlebutt (the textbook profile), so that this template runs as it is.
class Node {
  constructor (name, config) {
    const limit = config.max_history || 10
    this.limit = typeof limit === 'object' ? Infinity : limit
    this.name = name
    this.clock = new Map(); this.store = new Map(); this.named = new Map(); this.history = []
  }

  set (key, value) {
    if (!isName(key, true)) throw Error('no key')
    const version = (this.clock.get(this.name) || 0) + 1
    if (!Number.isSafeInteger(version - 1)) throw Error('no version is left: take a new id')
    this.take({ key, value, source_id: this.name, version })
  }

  take (update) {
    const { source_id: source, version, key } = update
    if (version <= (this.clock.get(source) || 0)) return
    this.clock.set(source, version)
    const held = this.store.get(key)
    if (!held || order(update, held) > 0) this.store.set(key, update)
    this.history.push(update)
    this.history.sort(order)
    while (this.history.length > this.limit) this.history.shift()
  }

  gossip () {
    const lines = [...this.clock].map(([source_id, version]) => ({ digest: true, source_id, version }))
    return [...lines, { digest: true, done: true }]
  }

  hear (peer, said) {
    const message = checked(said)
    const named = this.named.get(peer) || new Set()
    this.named.set(peer, named)
    if (message.digest && message.done) {
      this.named.delete(peer)
      return this.history.filter(update => !named.has(update.source_id))
    }
    if (message.digest) {
      const above = message.version
      named.add(message.source_id)
      return this.history.filter(u => u.source_id === message.source_id && u.version > above)
    }
    this.take(message)
    return []
  }
}

const isName = (name, empty = false) =>
  typeof name === 'string' && !(name in {}) && (empty || name !== '')

// A message with the members that it has, and no others. What a peer sends may be anything.
function checked (said) {
  if (typeof said !== 'object' || said === null || Array.isArray(said)) throw Error('no message')
  const { key, value, source_id, digest, done } = said
  if (digest === true && done === true) return { digest, done }
  if (!isName(source_id)) throw Error('no source')
  if ('digest' in said) {
    // { $num: '-Infinity' }: nothing is known
    const version = said.version?.$num === '-Infinity' ? -1 : said.version
    if (digest !== true || !Number.isInteger(version)) throw Error('no digest line')
    return { digest, source_id, version }
  }
  const version = said.version
  if (!isName(key, true) || !('value' in said) || !Number.isInteger(version)) throw Error('no update')
  if (version < 1 || version > 2 ** 53) throw Error('no version')
  return { key, value, source_id, version }
}

const order = (a, b) => a.version - b.version || (a.source_id < b.source_id ? -1 : a.source_id > b.source_id ? 1 : 0)

// ---- the adapter: requests on standard input, answers on standard output -------------------------

const nodes = new Map()

const operations = {
  hello: () => ({
    version: 1,
    sut: { name: 'template', version: '1', language: 'javascript' },
    capabilities: ['set', 'get', 'write', 'gossip', 'inspect']
  }),
  init: q => {
    nodes.clear()
    for (const { node, id, config } of q.nodes) nodes.set(node, new Node(id, config))
    return {}
  },
  set: (q, node) => { node.set(q.key, q.value); return { out: [] } },
  write: (q, node) => ({ out: node.hear(q.from ?? 'peer', q.message) }),
  gossip: (q, node) => ({ out: node.gossip() }),
  get: (q, node) => {
    const held = node.store.get(q.key)
    return { result: { value: held?.value ?? null, version: held?.version ?? null } }
  },
  inspect: (q, node) => ({
    state: Object.fromEntries(node.store), clock: Object.fromEntries(node.clock), history: node.history
  }),
  bye: () => ({})
}

function answer (q) {
  if (!Object.hasOwn(operations, q.op)) return { ok: false, error: { kind: 'unsupported' } }
  try {
    return { ok: true, ...operations[q.op](q, nodes.get(q.node)) }
  } catch (fault) {
    return { ok: false, error: { kind: 'rejected', name: fault.name, message: fault.message } }
  }
}

createInterface({ input: process.stdin }).on('line', line => {
  const q = JSON.parse(line)
  process.stdout.write(JSON.stringify({ re: q.id, ...answer(q) }) + '\n')
  if (q.op === 'bye') process.exit(0)
})
