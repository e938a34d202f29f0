// simple-scuttle: node simple_scuttle.js PATH-OF-A-CHECKOUT (npm install has been run there)
//
// Its readable side is emptied after every operation, so that `mtu` is a limit per operation. It is
// loaded afresh for every case, because named sources belong to the process (DEV-9).
'use strict'

const { serve, installed, forget, named } = require('./lines')

const require_ = installed()
const folder = require('path').dirname(require_.resolve('./package.json'))
const { name, version } = require_('./package.json')
const { resolution, sort } = require_('./lib/base')

// It is never asked (DEV-1), and could not tell who wrote what it holds: so lww_total is half of it.
const RESOLVERS = {
  ...resolution,
  lww_total: (gossip, update) => update.version > gossip.get(update.key).version,
  accept: () => true,
  reject: () => false
}
const SORTS = { default: sort, none: () => 0, version_desc: (one, two) => two.version - one.version }
let Gossip

const tick = () => new Promise(resolve => setImmediate(resolve))

function start ({ id, config, send, tell }) {
  const limit = value => value === Infinity ? Number.MAX_SAFE_INTEGER : value
  const node = new Gossip(id, {
    mtu: limit(config.mtu),
    max_history: config.max_history,
    resolve: named(RESOLVERS, config.resolve || 'lww_total'),
    sort: named(SORTS, config.sort || 'default')
  })
  const { history } = node
  history.on('update', update => tell({ event: 'update', update: { ...update } }))
  history.on('compaction', () => tell({ event: 'compaction', length: history.length - history.max_depth }))
  node.on('error', error => tell({ event: 'error', message: String(error) }))

  async function settled () {
    for (let turn = 0; turn < 6; turn++) await tick()
    for (let said = node.read(); said !== null; said = node.read()) send({ ...said })
  }
  return {
    set ({ key, value }) { node.set(key, value); return settled() },
    write ({ message }) { node.write(message); return settled() },
    gossip () { node.gossip(); return settled() },
    get ({ key }) { return node.get(key) },
    news ({ source_id: source, version: above }) { return history.news(source, above) },
    inspect () { return { state: node.state, clock: node.clock.clock, history: history.memory } }
  }
}
start.afresh = () => {
  forget(require_, { test: file => file.startsWith(folder) })
  Gossip = require_('./index.js').Gossip
}

serve({ name, version, issues: 'https://github.com/AWinterman/simple-scuttle/issues' }, [
  'set', 'get', 'write', 'gossip', 'news', 'inspect', 'events', 'dialect:shipped',
  ...Object.keys(RESOLVERS).map(each => `resolver:${each}`),
  ...Object.keys(SORTS).map(each => `sort:${each}`)
], start)
