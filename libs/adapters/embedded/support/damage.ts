import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';

const inMiddle = (file: string, bytesOf: (count: number) => Buffer): void => {
  const third = Math.floor(statSync(file).size / 3);
  overwrite(file, third, bytesOf(third));
};

function overwrite(file: string, at: number, bytes: Buffer): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, bytes, 0, bytes.length, at);
  closeSync(handle);
}

/** Kinds of damage to a file that no process has open. */
export const DAMAGES: Readonly<Record<string, (file: string) => void>> = {
  'cut in half': (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
  'cut within a page': (file) => truncateSync(file, statSync(file).size - 1_000),
  'zeros in its middle': (file) => inMiddle(file, (count) => Buffer.alloc(count)),
  'random bytes in its middle': (file) => inMiddle(file, randomBytes),
  'random bytes in its header': (file) => overwrite(file, 0, randomBytes(100)),
  'random bytes throughout': (file) => writeFileSync(file, randomBytes(statSync(file).size)),
  'a text': (file) => writeFileSync(file, 'This is a text and no database.\n'.repeat(100)),
  'a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
};
