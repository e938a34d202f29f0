// The real simple-scuttle as a node that lives on: for the soak and the measurements beside it.
// Usage: node library.js CHECKOUT ID call|listen PORT EVERY_MS MTU MAX_HISTORY [steady]
// The library has no timer and no socket; both are here. It asks every EVERY_MS, but passes over
// its turn while updates come in (at most 20 times), unless `steady`. Its stream has one peer.
// Lines on standard input are commands: {"set": [key, value]} and {"look": true}.
const net = require('net')
const path = require('path')
const readline = require('readline')

const [checkout, id, mode, port, every, mtu, most, steady] = process.argv.slice(2)
const { Gossip, Base } = require(path.resolve(checkout))
const node = new Gossip(id, {
  mtu: mtu === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(mtu),
  max_history: most === 'unlimited' ? undefined : Number(most),
  resolve: Base.resolution.lww_vs_current_vers,
  sort: Base.sort
})
const tell = (object) => process.stdout.write(JSON.stringify(object) + '\n')
const folded = new Map() // what it would hold if it asked a resolver that orders writers (RES-4)
let socket = null, updates = false, waited = 0

node.history.on('update', (update) => {
  const { key, value, source_id: source, version } = update
  const held = folded.get(key)
  if (!held || version > held.version || (version === held.version && source > held.source)) {
    folded.set(key, { value, version, source })
  }
  tell({ event: 'update', key, value, source, version })
})
node.on('data', (message) => { if (socket) socket.write(JSON.stringify(message) + '\n') })

function converse (connected) {
  socket = connected
  socket.setNoDelay(true)
  tell({ event: 'connected' })
  let rest = ''
  connected.on('data', (bytes) => {
    const lines = (rest + bytes).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      const message = JSON.parse(line)
      if ('answered' in message) continue
      if ('key' in message) updates = true
      node.write(message)
    }
  })
  connected.on('error', () => {})
  connected.on('close', () => {
    if (socket === connected) socket = null
    tell({ event: 'disconnected' })
    if (mode === 'call') setTimeout(call, 500)
  })
}
const call = () => {
  const calling = net.connect(Number(port), '127.0.0.1')
  const failed = () => setTimeout(call, 500)
  calling.once('error', failed)
  calling.once('connect', () => { calling.removeListener('error', failed); converse(calling) })
}
if (mode === 'call') {
  call()
  tell({ event: 'listening', id })
} else {
  const server = net.createServer(converse)
  server.listen(Number(port), '127.0.0.1', () => tell({ event: 'listening', id, port: server.address().port }))
}
if (Number(every) > 0) {
  setInterval(() => {
    if (!socket) return
    if (!steady && updates && waited < 19) { updates = false; waited++; return }
    updates = false
    waited = 0
    node.gossip()
  }, Number(every))
}
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line)
  if (command.set) {
    node.set(...command.set)
    tell({ event: 'set', key: command.set[0] })
  } else {
    const state = Object.fromEntries(Object.entries(node.state))
    tell({ event: 'show', id, state, clock: node.clock.clock, history: node.history.memory.length, folded: Object.fromEntries(folded) })
  }
}).on('close', () => process.exit(0))
