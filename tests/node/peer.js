// A small node of the documented protocol, independent of the reference: for tests of the transport.
// Usage: node peer.js ID PORT COUNT TOTAL. Writes COUNT keys, asks ten times a second unless updates come, prints its
// store as JSON when standard input ends, and before that a line when it remembers TOTAL updates.
const net = require('net')
const [id, port, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const store = new Map(), clock = new Map([[id, 0]]), history = []
const mark = (source) => (clock.has(source) ? clock.get(source) : -Infinity)

function take(update) {
  if (history.some((u) => u.source_id === update.source_id && u.version === update.version)) return
  const stored = store.get(update.key)
  const wins = !stored || update.version > stored.version ||
    (update.version === stored.version && update.source_id > stored.source_id)
  if (wins) store.set(update.key, update)
  clock.set(update.source_id, Math.max(mark(update.source_id), update.version))
  if (update.source_id !== id) clock.set(id, Math.max(mark(id), update.version + 1))
  history.push(update)
  if (history.length === Number(process.argv[5])) process.stdout.write('complete\n')
  history.sort((a, b) => a.version - b.version || (a.source_id < b.source_id ? -1 : 1))
}
function set(key, value) { take({ key, value, source_id: id, version: mark(id) + 1 }) }

const socket = net.connect(port, '127.0.0.1')
const say = (object) => socket.write(JSON.stringify(object) + '\n')
const named = new Set()
let rest = '', quiet = true
socket.on('data', (bytes) => {
  const lines = (rest + bytes).split('\n')
  rest = lines.pop()
  for (const line of lines) {
    const m = JSON.parse(line)
    if (m.digest && m.done) {
      history.filter((u) => !named.has(u.source_id)).forEach(say)
      named.clear()
    } else if (m.digest) {
      named.add(m.source_id)
      const above = m.version === '-Infinity' ? -Infinity : m.version
      history.filter((u) => u.source_id === m.source_id && u.version > above).forEach(say)
    } else if ('key' in m) {
      quiet = false
      take(m)
    }
  }
})
for (let n = 0; n < count; n++) set(n % 2 ? 'shared' + (n % 50) : id + n, n)
setInterval(() => {
  if (!quiet) { quiet = true; return } // an answer still comes in: asking now would get it twice
  for (const [source, version] of [...clock].sort()) say({ digest: true, source_id: source, version })
  say({ digest: true, done: true })
}, 100)
process.stdin.resume()
process.stdin.on('end', () => {
  const shown = Object.fromEntries([...store].map(([k, u]) => [k, { value: u.value, version: u.version }]))
  process.stdout.write(JSON.stringify(shown), () => process.exit(0))
})
