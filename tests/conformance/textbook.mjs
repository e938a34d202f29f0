// The textbook profile, written from its clauses for Node. FAULT=no-done leaves done out.

const above = ([v1, s1], [v2, s2]) => v1 > v2 || (v1 === v2 && s1 > s2);

const RESERVED = new Set(["__proto__", ...Object.getOwnPropertyNames(Object.prototype)]);
const named = (name) => typeof name === "string" && !RESERVED.has(name);

function valid(m) {
  if (typeof m !== "object" || m === null || Array.isArray(m)) return false;
  if (m.digest && m.done) return true;
  if (!named(m.source_id) || m.source_id === "") return false;
  if (m.digest) return m.version === -Infinity || (Number.isInteger(m.version) && m.version >= 0);
  const version = Number.isInteger(m.version) && m.version >= 1 && m.version <= 2 ** 53;
  return version && named(m.key) && "value" in m;
}

export function start({ id, config }) {
  const clock = new Map([[id, 0]]);
  const store = new Map();
  const mentioned = new Map();
  let history = [];
  const seen = (source) => clock.get(source) ?? -Infinity;

  function take(update) {
    const held = store.get(update.key) ?? { version: -Infinity, source_id: "" };
    const wins = [[update.version, update.source_id], [held.version, held.source_id]];
    if (above(...wins)) store.set(update.key, update);
    clock.set(update.source_id, update.version);
    history.push(update);
    history.sort((a, b) => (above([a.version, a.source_id], [b.version, b.source_id]) ? 1 : -1));
    const limit = config.max_history || 10;
    if (history.length > limit) history = history.slice(history.length - limit);
    return [];
  }

  return {
    set(key, value) {
      if (!named(key) || clock.get(id) >= 2 ** 53) throw new Error("refused");
      return take({ key, value, source_id: id, version: clock.get(id) + 1 });
    },
    gossip() {
      const lines = [...clock].filter(([, version]) => version > 0).reverse();
      const digest = lines.map(([source_id, version]) => ({ digest: true, source_id, version }));
      return process.env.FAULT === "no-done" ? digest : [...digest, { digest: true, done: true }];
    },
    write(from, m) {
      if (!valid(m)) throw new Error("refused");
      const names = mentioned.get(from) ?? new Set();
      mentioned.set(from, names);
      if (m.digest && m.done) {
        mentioned.delete(from);
        return history.filter((update) => !names.has(update.source_id));
      }
      if (m.digest) {
        names.add(m.source_id);
        return history.filter((u) => u.source_id === m.source_id && u.version > m.version);
      }
      const { key, value, source_id, version } = m;
      return version > seen(source_id) ? take({ key, value, source_id, version }) : [];
    },
    close(peer) {
      mentioned.delete(peer);
      return [];
    },
    open(peer) {
      mentioned.delete(peer);
      return [];
    },
    get(key) {
      const { value = null, version = -Infinity } = store.get(key) ?? {};
      return { value, version };
    },
  };
}
