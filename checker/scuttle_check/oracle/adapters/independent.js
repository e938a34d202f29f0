// The documented profile once more, in Node and from the clauses alone: an implementation that
// conforms, and an example of an adapter that sits in front of one. node independent.js
'use strict'

const { serve, line, named, DONE, Refused } = require('./lines')

const VERSION_MAX = 2 ** 53
const LIMIT = 10
const NESTING_MAX = 32
const absent = { value: null, version: -Infinity, source_id: '' }

// --- orders -----------------------------------------------------------------------------------

const compare = (one, two) => Buffer.compare(Buffer.from(one), Buffer.from(two))
const byStamp = (one, two) =>
  one.version - two.version || compare(one.source_id, two.source_id)

const SORTS = {
  default: (one, two) => byStamp(one, two) < 0 ? -1 : 1,
  none: () => 0,
  version_desc: (one, two) => two.version - one.version
}

const RESOLVERS = {
  lww_total: (node, update) => byStamp(update, node.get(update.key)) > 0,
  lww_vs_current_vers: (node, update) => above(update, node.get(update.key).version, node.id),
  lww_vs_clock: (node, update) => above(update, node.seen(update.source_id), node.id),
  first_writer: (node, update) =>
    !node.get(update.key).source_id || byStamp(update, node.get(update.key)) < 0,
  accept: () => true,
  reject: () => false
}

const above = (update, version, id) =>
  update.version === version ? compare(update.source_id, id) >= 0 : update.version > version

// --- what is valid ----------------------------------------------------------------------------

const isObject = value => typeof value === 'object' && value !== null

function checkName (name, empty) {
  if (typeof name !== 'string' || (!name && !empty)) throw new Refused('no name [MOD-1]')
  if (name in {} && name !== '') throw new Refused('a property of every object [MOD-4]')
}

function checkValue (value, depth = NESTING_MAX) {
  if (!isObject(value)) return
  if (depth === 0) throw new Refused('nested too deep [MOD-3]')
  for (const item of Object.values(value)) checkValue(item, depth - 1)
}

const isVersion = version => Number.isInteger(version) && version >= 1 && version <= VERSION_MAX

function checkMessage (message) {
  if (!isObject(message) || Array.isArray(message)) throw new Refused('no object [ERR-2]')
  for (const name of ['digest', 'done', 'returned']) {
    if (![undefined, true, false].includes(message[name])) throw new Refused('not true [WIRE-1]')
  }
  if (message.digest && message.done) return
  checkName(message.source_id)
  const { version } = message
  if (message.digest) {
    if (version === 0 || version === -Infinity || isVersion(version)) return
    throw new Refused('no mark [EXCH-1]')
  }
  if (!isVersion(version)) throw new Refused('no version [VERS-1]')
  checkName(message.key, true)
  if (!('value' in message)) throw new Refused('no value [WIRE-1]')
  checkValue(message.value)
}

// --- the node ---------------------------------------------------------------------------------

class Node {
  constructor (id, { mtu, max_history: room, resolve, sort }) {
    checkName(id)
    this.id = id
    this.mtu = mtu || LIMIT
    this.room = room || LIMIT
    this.resolve = named(RESOLVERS, resolve || 'lww_total')
    this.sort = named(SORTS, sort || 'default')
    this.clock = new Map([[id, 0]])
    this.store = new Map()
    this.history = []
    this.named = new Map()
    this.version = 0
  }

  get (key) { return this.store.get(key) || absent }
  seen (source) { return this.clock.get(source) ?? -Infinity }
  raise (source, version) { this.clock.set(source, Math.max(version, this.seen(source))) }

  set (key, value) {
    checkName(key, true)
    checkValue(value)
    const seen = this.clock.get(this.id)
    if (seen >= VERSION_MAX) throw new Refused('no version is left [VERS-6]')
    return this.take({ key, value, source_id: this.id, version: seen + 1 })
  }

  take (update) {
    const { key, value, source_id: source, version } = update
    const preferred = this.resolve(this, update)
    let at = this.history.length
    while (at > 0 && this.sort(update, this.history[at - 1]) < 0) at--
    this.history.splice(at, 0, update)
    const excess = Math.max(0, this.history.length - this.room)
    this.history.splice(0, excess)
    this.raise(source, version)
    if (source !== this.id) this.raise(this.id, Math.min(version + 1, VERSION_MAX))
    this.version = Math.max(this.version, version)
    if (preferred) this.store.set(key, { value, version, source_id: source })
    const compacted = excess ? [{ event: 'compaction', length: excess }] : []
    return [{ event: 'update', update }, ...compacted]
  }

  knows ({ source_id: source, version }) {
    return this.history.some(old => old.source_id === source && old.version === version)
  }

  digest () {
    const sources = [...this.clock.keys()].sort(compare)
    return [...sources.map(source => line(source, this.clock.get(source))), DONE]
  }

  news (source, mark) {
    return this.history.filter(each => each.source_id === source && each.version > mark)
  }

  // The first `mtu` updates, each source in the order of its versions (FLOW-1, FLOW-2).
  paced (delta) {
    const turns = new Map()
    for (const update of [...delta].sort(byStamp)) {
      turns.set(update.source_id, [...(turns.get(update.source_id) || []), update])
    }
    return delta.slice(0, this.mtu).map(update => turns.get(update.source_id).shift())
  }

  receive (peer, message) {
    const named = this.named.get(peer) || new Set()
    if (message.done) {
      this.named.delete(peer)
      return this.paced(this.history.filter(update => !named.has(update.source_id)))
    }
    this.named.set(peer, named.add(message.source_id))
    return this.paced(this.news(message.source_id, message.version))
  }
}

// --- its adapter ------------------------------------------------------------------------------

function start ({ id, config, send, tell }) {
  const node = new Node(id, config)
  return {
    set ({ key, value }) { node.set(key, value).forEach(tell) },
    gossip () { node.digest().forEach(each => send(each)) },
    close ({ peer }) { node.named.delete(peer) },
    write ({ from = '', message }) {
      checkMessage(message)
      if (message.digest) return node.receive(from, message).forEach(each => send(each))
      const { key, value, source_id: source, version } = message
      const update = { key, value, source_id: source, version }
      if (!node.knows(update)) node.take(update).forEach(tell)
    },
    get ({ key }) { return node.get(key) },
    news ({ source_id: source, version }) { return node.news(source, version) },
    inspect () {
      const { store, clock, history, version } = node
      return { state: Object.fromEntries(store), clock: Object.fromEntries(clock), history, version }
    }
  }
}
start.integer = BigInt
start.resolve = ({ resolver, view, update }) => {
  const shown = {
    id: view.id,
    get: key => ({ ...absent, ...(view.state || {})[key] }),
    seen: source => (view.clock || {})[source] ?? -Infinity
  }
  return named(RESOLVERS, resolver)(shown, update)
}

serve({ name: 'independent', version: '1' }, [
  'set', 'get', 'write', 'gossip', 'close', 'news', 'inspect', 'resolve', 'events',
  ...Object.keys(RESOLVERS).map(name => `resolver:${name}`),
  ...Object.keys(SORTS).map(name => `sort:${name}`)
], start)
