/** Prints progress to standard error: one changing line on a terminal, else one line each. */
export function progress(started = performance.now()): { say: (text: string) => void; end: () => void } {
  const { stderr } = process;
  const line = (text: string) => `${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s  ${text}`;
  if (!stderr.isTTY) return { say: (text) => void stderr.write(`${line(text)}\n`), end: () => undefined };
  return {
    say: (text) => void stderr.write(`\r\x1b[K${line(text)}`.slice(0, (stderr.columns ?? 100) + 3)),
    end: () => void stderr.write('\r\x1b[K'),
  };
}
