// The real simple-scuttle on a socket, for tests. Usage: node shipped_peer.js CHECKOUT ID PORT
// Lines on standard input are commands: {"set": [key, value]}, {"gossip": true}, {"look": true}.
// Each is answered with one line; a look with what the library holds, and with all that it was
// told and said since the last look, in the order in which it was.
const net = require('net')
const path = require('path')
const readline = require('readline')

const [checkout, id, port] = process.argv.slice(2)
const { Gossip, Base } = require(path.resolve(checkout))
const node = new Gossip(id, {
  mtu: Number.MAX_SAFE_INTEGER,
  max_history: 100000,
  resolve: Base.resolution.lww_vs_current_vers,
  sort: Base.sort
})
const socket = net.connect(Number(port), '127.0.0.1')
const answer = (object) => process.stdout.write(JSON.stringify(object) + '\n')
let log = [], heard = 0, said = 0, asking = null

node.on('data', (message) => {
  said++
  log.push(['said', { ...message }])
  socket.write(JSON.stringify(message) + '\n')
  if (message.done && message.digest && asking) {
    socket.resume()
    asking()
    asking = null
  }
})

let rest = ''
socket.on('data', (bytes) => {
  const lines = (rest + bytes).split('\n')
  rest = lines.pop()
  for (const line of lines) {
    heard++
    const message = JSON.parse(line)
    log.push(['heard', { ...message }])
    node.write(message)
  }
})

function carryOut (line) {
  const command = JSON.parse(line)
  if (command.set) {
    log.push(['set', ...command.set])
    node.set(...command.set)
    answer({})
  } else if (command.gossip) { // it reads its clock while it speaks: nothing may come in between
    socket.pause()
    log.push(['gossip'])
    asking = () => answer({})
    node.gossip()
  } else {
    answer({ log, heard, said, state: node.state, clock: Object.entries(node.clock.clock), history: node.history.memory })
    log = []
  }
}
socket.on('connect', () => {
  answer({ name: `127.0.0.1:${socket.localPort}` })
  readline.createInterface({ input: process.stdin }).on('line', carryOut).on('close', () => process.exit(0))
})
