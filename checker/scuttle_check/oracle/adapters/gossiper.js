// npm gossiper 0.0.3: node gossiper.js FOLDER-WITH-NODE_MODULES
//
// The three messages of an exchange, without sockets: msgpack, which needs a compiler, is replaced
// where it is required. Timers never start, so no heartbeat is written.
'use strict'

const Module = require('module')
const { servePackage, installed, digests, sayDigest, DONE, RETURNED } = require('./lines')

const load = Module._load
Module._load = (name, ...rest) => name === 'msgpack' ? { Stream: class {} } : load(name, ...rest)
const require_ = installed()
const { Gossiper } = require_('gossiper')
const { REQUEST, FIRST_RESPONSE, SECOND_RESPONSE } = Gossiper

function start ({ id, send }) {
  const gossiper = new Gossiper(0, [])
  gossiper.my_state.name = gossiper.peer_name = id
  gossiper.peers[id] = gossiper.my_state
  const lines = digests()

  function say (message) {
    for (const [source, key, value, version] of message.updates || []) {
      send({ key, value, source_id: source, version })
    }
    const named = message.digest || message.request_digest
    if (named) sayDigest(send, named, message.type === REQUEST ? DONE : RETURNED)
  }
  const closed = { end () {} }
  const hear = message => gossiper.handleMessage(closed, { send: say }, message)

  return {
    set ({ key, value }) { gossiper.setLocalState(key, value) },
    gossip ({ peer }) {
      if (!gossiper.peers[peer]) gossiper.handleNewPeers([peer])
      say(gossiper.requestMessage())
    },
    close ({ peer }) { lines.take(peer) },
    write ({ from, message }) {
      if (message.digest && !message.done) return lines.add(from, message)
      if (message.done) {
        const named = Object.fromEntries(lines.take(from))
        if (!message.returned) return hear({ type: REQUEST, digest: named })
        return hear({ type: FIRST_RESPONSE, updates: [], request_digest: named })
      }
      const { key, value, version, source_id: source } = message
      hear({ type: SECOND_RESPONSE, updates: [[source, key, value, version]] })
    },
    get ({ key, source_id: source = id }) {
      const [value = null, version = -Infinity] = (gossiper.peers[source] || { attrs: {} }).attrs[key] || []
      return { value, version }
    },
    inspect () {
      const state = {}
      const clock = {}
      for (const [source, peer] of Object.entries(gossiper.peers)) {
        clock[source] = peer.max_version_seen
        const entries = Object.entries(peer.attrs)
        if (!entries.length) continue
        const entry = ([key, [value, version]]) => [key, { value, version, source_id: source }]
        state[source] = Object.fromEntries(entries.map(entry))
      }
      return { state, clock }
    }
  }
}

servePackage(require_, 'gossiper', 'bpot/node-gossip', start)
