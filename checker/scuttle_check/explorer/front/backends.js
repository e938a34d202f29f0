// Three back ends behind two methods:
//   init(request)                 what stays the same, and the view before the first step;
//                                 request is {}, {open: id of the menu} or {file: {name, text}}
//   expand(labels, known, want)   the steps of a run after the first `known`, as far as they fit;
//                                 want, an end of `saves`, adds the text of such a file as `saved`
// A step is {label, headline, details, view}; what does not fit comes as `misfit`.

import { asText } from "scuttle/trace";

/** The two methods over `ask(method, body)`, which gives an object, with `error` if it failed. */
function answered(ask, begin = {}) {
  let session = null;
  async function reply(method, body) {
    const document = await ask(method, body);
    if (document.error) throw new Error(document.error);
    return document;
  }
  return {
    async init(request) {
      const document = await reply("init", Object.keys(request).length ? request : begin);
      session = document.session;
      return document;
    },
    expand: (labels, known, want = "") => reply("expand", { session, labels, known, want }),
  };
}

/** The live server: both methods are one request each. */
export function server(base) {
  const headers = { "content-type": "application/json" };
  const error = "The server does not answer. Start scuttle explore again and reload.";
  return answered((method, body) => fetch(
    `${base}/${method}`, { method: "POST", headers, body: JSON.stringify(body) },
  ).then((answer) => answer.json()).catch(() => ({ error })));
}

/** Pyodide: the Python that answers a server answers here; `site` says where its files are. */
export async function pyodide(site) {
  if (location.protocol === "file:") throw new Error("Python runs in a page that a web server serves: python -m http.server");
  const home = new URL(site.pyodide, document.baseURI).href;
  const { loadPyodide } = await import(`${home}pyodide.mjs`);
  const python = await loadPyodide({ indexURL: home });
  for (const archive of site.archives) {
    const answer = await fetch(archive);
    if (!answer.ok) throw new Error(`${archive} is not there (${answer.status})`);
    python.unpackArchive(await answer.arrayBuffer(), "zip");
  }
  const answer = python.runPython("from scuttle_check.explorer.answers import in_page; in_page()");
  return answered((method, body) => JSON.parse(answer(method, JSON.stringify(body))), site.begin);
}

/** A file of worlds: tables of numbers, see tables.py. */
export function embedded(tables) {
  const { nodes, links, labels, texts, told } = tables;
  const sentences = (number) => told[number].map((each) => texts[each]);

  function acts(world) {
    const row = tables.steps[world];
    return Array.from({ length: row.length / 4 }, (_, at) => {
      const [headline, ...details] = sentences(row[at * 4 + 1]);
      const beyond = row[at * 4 + 2] < 0;
      return { label: labels[row[at * 4]], headline, details, beyond };
    });
  }
  function view(world, fares) {
    const row = tables.worlds[world];
    const [condition, found] = row.slice(nodes.length + links.length);
    const findings = tables.findings[found];
    return {
      nodes: nodes.map((_, at) => tables.locals[row[at]]),
      flight: links.map((_, at) => tables.channels[row[nodes.length + at]]),
      ...tables.conditions[condition],
      acts: acts(world),
      findings: fares === null ? findings
        : findings.map((one, at) => tables.findings[fares][at] ?? one),
    };
  }
  function expand(run, known) {
    let world = 0;
    const steps = [];
    for (const [at, label] of run.entries()) {
      const row = tables.steps[world];
      const found = row.findIndex((number, from) => from % 4 === 0 && labels[number] === label);
      const target = found < 0 ? null : row[found + 2];
      if (target === null || target < 0) {
        const because = target === null
          ? `it is none of ${row.length / 4} steps that the model has here`
          : "it leads beyond the worlds in this file; scuttle explore knows them all";
        return { from: known, steps, misfit: { step: at + 1, label, because } };
      }
      if (at >= known) {
        const [headline, ...details] = sentences(row[found + 1]);
        steps.push({ label, headline, details, view: view(target, row[found + 3]) });
      }
      world = target;
    }
    return { from: known, steps, misfit: null };
  }
  const given = JSON.stringify(tables.experiment);
  return {
    async init(request) {
      const saves = [{ end: "txt", name: "the text" }];
      if (tables.experiment) saves.unshift({ end: "json", name: "the run, to open and replay (JSON)" });
      const opened = { ...tables, start: view(0, null), saves };
      if (!request.file) return opened;
      const { name, text } = request.file;
      const { experiment, schedule: run } = JSON.parse(text);
      if (JSON.stringify(experiment) === given && run) return { ...opened, runs: [{ name, labels: run }] };
      throw new Error(`${name} is not a run of the model in this file.`);
    },
    async expand(run, known, want = "") {
      const file = { format: "scuttle-run/1", experiment: tables.experiment, schedule: run };
      const whole = () => asText({ ...tables, start: view(0, null) }, expand(run, 0).steps);
      const saved = { json: () => JSON.stringify(file, null, 1), txt: whole }[want]?.();
      return { ...expand(run, known), saved };
    },
  };
}
