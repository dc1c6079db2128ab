// Creates the keys of a new installation. Existing files stay unchanged. `node make-keys.cjs FOLDER`
const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const { join } = require('node:path');

const [, , folder] = process.argv;
const key = () => randomBytes(32).toString('base64url');

const once = (name, make) => {
  const file = join(folder, name);
  if (!fs.existsSync(file)) {
    // Written to another name and renamed, so that an existing file is complete.
    fs.rmSync(`${file}.new`, { force: true });
    fs.writeFileSync(`${file}.new`, make(), { mode: 0o400 });
    fs.renameSync(`${file}.new`, file);
  }
  return fs.readFileSync(file, 'utf8');
};

once('operator-key', key);
once('ledger-key', key);
const password = once('postgres-password', key);
once('views-url', () => `postgres://tallystick:${password}@postgres:5432/tallystick`);
