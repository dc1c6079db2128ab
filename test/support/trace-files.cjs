// Loaded before a server of a test: writes each step that decides what survives power loss to the file TRACE_FILES, in order,
// from all of its threads. SQLite's own steps are in it only where SQLite is WebAssembly.
const fs = require('node:fs');

const out = process.env.TRACE_FILES;
const append = fs.appendFileSync;
const paths = new Map();
const note = (...step) => append(out, `${step.join(' ')}\n`);

const wrap = (name, before) => {
  const real = fs[name];
  fs[name] = (...args) => {
    const result = real(...args);
    before(args, result);
    return result;
  };
};
wrap('openSync', ([path], handle) => paths.set(handle, String(path)));
wrap('fsyncSync', ([handle]) => note('sync', paths.get(handle)));
wrap('renameSync', ([from, to]) => note('rename', from, to));
wrap('mkdirSync', ([path], first) => first !== undefined && note('mkdir', path));
