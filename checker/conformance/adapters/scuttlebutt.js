// npm scuttlebutt 5.6.15, its Model: node scuttlebutt.js FOLDER-WITH-NODE_MODULES
//
// One stream per peer. A hello is a digest; the hello of the end that was spoken to is marked
// returned (NPM-4). Each node loads the package afresh, as a process of its own would.
'use strict'

const { serve, installed, digests, line, DONE, RETURNED, Refused } = require('./lines')
const require_ = installed()

function fresh (name) {
  for (const file of Object.keys(require_.cache)) {
    if (/scuttlebutt|monotonic-timestamp/.test(file) && !file.startsWith(__dirname)) {
      delete require_.cache[file]
    }
  }
  return require_(name)
}

function start ({ id, send }) {
  const Model = fresh('scuttlebutt/model')
  const model = new Model(id)
  const sessions = new Map()
  const lines = digests()
  const update = ([[key, value], version, source]) => ({ key, value, source_id: source, version })

  function close (peer) {
    if (sessions.has(peer)) sessions.get(peer).stream.destroy()
    sessions.delete(peer)
  }
  function open (peer, end) {
    close(peer)
    const stream = model.createStream()
    sessions.set(peer, { stream, heard: false })
    stream.on('data', text => {
      const data = JSON.parse(text)
      if (Array.isArray(data)) return send(update(data), peer)
      if (data === 'SYNC' || !end) return
      for (const [source, version] of Object.entries(data.clock)) send(line(source, version), peer)
      send(end, peer)
    })
    stream.resume()
  }
  function hear (peer, { returned }) {
    const session = sessions.get(peer)
    if (!session || session.heard) open(peer, returned && session ? null : RETURNED)
    const { stream } = Object.assign(sessions.get(peer), { heard: true })
    const clock = Object.fromEntries([...lines.take(peer)].filter(each => each[1] > 0))
    stream.write(JSON.stringify({ id: peer, clock }) + '\n')
  }
  // Two writes at one reading get a fraction between them, which is no version of ours.
  let last
  function at (now = (model.sources[id] || 0) + 1) {
    if (now === last) throw new Refused('the clock has not moved')
    last = now
    Date.now = () => now
  }

  return {
    set ({ key, value, now }) { at(now); model.set(key, value) },
    gossip ({ peer }) { open(peer, DONE) },
    close ({ peer }) { close(peer) },
    write ({ from, message }) {
      if (message.done) return hear(from, message)
      if (message.digest) return lines.add(from, message)
      const { key, value, version, source_id: source } = message
      const data = [[key, value], version, source]
      const session = sessions.get(from)
      const stream = session ? session.stream : model.createStream()
      stream.write(JSON.stringify(data) + '\n')
      if (!session) stream.destroy()
    },
    get ({ key }) {
      const version = (model.store[key] || [])[1] ?? -Infinity
      return { value: model.get(key) ?? null, version }
    },
    inspect () {
      const history = model.history({}).map(update)
      const entry = ({ value, version, source_id: source }) => ({ value, version, source_id: source })
      const state = Object.fromEntries(history.map(each => [each.key, entry(each)]))
      return { state, clock: { ...model.sources }, history }
    }
  }
}

const { version } = require_('scuttlebutt/package.json')
const issues = 'https://github.com/dominictarr/scuttlebutt/issues'
const can = ['set', 'get', 'write', 'gossip', 'close', 'inspect']
serve({ name: 'scuttlebutt', version, issues }, can, start)
