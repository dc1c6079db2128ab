import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Undo = () => void;
const undos = new Set<Undo>();

/** Runs `undo` when the process ends, except by SIGKILL. It must be synchronous. Returns a function that runs it now. */
export function atEnd(undo: Undo): Undo {
  const once = () => {
    if (undos.delete(once)) undo();
  };
  undos.add(once);
  return once;
}

export function temporaryDirectory(): { readonly path: string; readonly remove: Undo } {
  const path = mkdtempSync(join(tmpdir(), 'tallystick-bench-'));
  return { path, remove: atEnd(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 })) };
}

/** In reverse order. */
const undoAll = () => [...undos].reverse().forEach((undo) => undo());

process.on('exit', undoAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
