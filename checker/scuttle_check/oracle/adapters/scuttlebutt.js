// npm scuttlebutt 5.6.15, its Model: node scuttlebutt.js FOLDER-WITH-NODE_MODULES
//
// One stream per peer. A hello is a digest; the hello of the end that was spoken to is marked
// returned (NPM-4). Each node loads the package afresh, as a process of its own would.
'use strict'

const { servePackage, installed, forget, digests, sayDigest, DONE, RETURNED, Refused } = require('./lines')
const require_ = installed()

function start ({ id, send }) {
  forget(require_, /scuttlebutt|monotonic-timestamp/)
  const model = new (require_('scuttlebutt/model'))(id)
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
      if (data !== 'SYNC' && end) sayDigest(send, data.clock, end, peer)
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
      const { stream } = sessions.get(from) || { stream: model.createStream() }
      stream.write(JSON.stringify([[key, value], version, source]) + '\n')
      if (!sessions.has(from)) stream.destroy()
    },
    get ({ key }) {
      return { value: model.get(key) ?? null, version: (model.store[key] || [])[1] ?? -Infinity }
    },
    inspect () {
      const history = model.history({}).map(update)
      const state = Object.fromEntries(history.map(({ key, ...entry }) => [key, entry]))
      return { state, clock: { ...model.sources }, history }
    }
  }
}

servePackage(require_, 'scuttlebutt', 'dominictarr/scuttlebutt', start)
