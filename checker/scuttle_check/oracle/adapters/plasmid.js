// npm plasmid 0.0.0: node plasmid.js FOLDER-WITH-NODE_MODULES [breadth]
//
// A digest comes as the package's own stream of {r, n}, the last one with done; deltas go back one
// by one. The last line and done are one object there and two messages here.
'use strict'

const { servePackage, installed, line, DONE } = require('./lines')
const require_ = installed()
const { Host, LocalState } = require_('plasmid')
const ordering = process.argv[3] || 'depth'

function start ({ id, send }) {
  const host = new Host(id, { ordering, state: new LocalState() })
  const states = host.state.states
  const heard = new Map()
  const update = ({ r, k, v, n }) => ({ key: k, value: v, source_id: r, version: n })
  const all = () => Object.values(states).flatMap(state => state.history(-Infinity))

  return {
    set ({ key, value }) { host.set(key, value) },
    gossip () {
      for (const { r, n } of host.getDigest()) send(line(r, n))
      send(DONE)
    },
    close ({ peer }) { heard.delete(peer) },
    write ({ from, message }) {
      if (message.done) {
        const digest = heard.get(from) || []
        heard.delete(from)
        for (const delta of host.getDeltas(digest)) send(update(delta))
      } else if (message.digest) {
        const said = { r: message.source_id, n: message.version }
        heard.set(from, [...(heard.get(from) || []), said])
      } else {
        const { key, value, version, source_id: source } = message
        host.state.update({ r: source, k: key, v: value, n: version })
      }
    },
    get ({ key, source_id: source = id }) {
      const latest = ((states[source] || { state: {} }).state[key] || [])[0]
      return latest ? { value: latest.v, version: latest.n } : { value: null, version: -Infinity }
    },
    inspect () {
      const state = {}
      for (const { r, k, v, n } of all().sort((one, two) => one.n - two.n)) {
        state[r] = { ...state[r], [k]: { value: v, version: n, source_id: r } }
      }
      const clock = Object.fromEntries(Object.values(states).map(each => [each.id, each.maxVersion]))
      const bySource = (one, two) => one.n - two.n || (one.r < two.r ? -1 : 1)
      return { state, clock, history: all().sort(bySource).map(update) }
    }
  }
}

servePackage(require_, 'plasmid', 'rkusa/plasmid', start, `plasmid (${ordering})`)
