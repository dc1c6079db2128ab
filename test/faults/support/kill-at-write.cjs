// Loaded before a server of a fault test: counts what the process writes to streams, bus and records, and ends it with SIGKILL
// at the write that the file WRITES names, as `RUN 12 before` or `RUN 12 after`. Without a number it only counts, in WRITES.count.
// Each run counts from 1.
const fs = require('node:fs');
const { join } = require('node:path');
const { isMainThread } = require('node:worker_threads');

const file = process.env.WRITES;
const ADAPTER = join(__dirname, '../../../dist/libs/adapters/embedded/src');
const die = () => process.kill(process.pid, 'SIGKILL');
let seen = 0;
let counted;

const wrap = (prototype, name) => {
  const real = prototype[name];
  prototype[name] = async function (...args) {
    if (!fs.existsSync(file)) return real.apply(this, args);
    const [run, number, when] = fs.readFileSync(file, 'utf8').split(' ');
    seen = run === counted ? seen + 1 : 1;
    counted = run;
    fs.writeFileSync(`${file}.count`, String(seen));
    const isLast = seen === Number(number);
    if (isLast && when === 'before') die();
    const result = await real.apply(this, args);
    if (isLast) die();
    return result;
  };
};

if (isMainThread) {
  const { SqliteEventStore } = require(join(ADAPTER, 'events/sqlite-event-store.js'));
  const { EmbeddedBus } = require(join(ADAPTER, 'bus/embedded-bus.js'));
  const { SqliteRecordStore } = require(join(ADAPTER, 'records/sqlite-record-store.js'));
  wrap(SqliteEventStore.prototype, 'append');
  wrap(EmbeddedBus.prototype, 'publish');
  for (const name of ['put', 'putFree', 'replace']) wrap(SqliteRecordStore.prototype, name);
}
