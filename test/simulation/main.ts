import { simulate } from './simulate';
(async () => {
  const from = Number(process.argv[2] ?? 1),
    n = Number(process.argv[3] ?? 100);
  const start = performance.now();
  let bad = 0,
    ev = 0,
    an = 0;
  const kinds = new Map<string, number[]>();
  for (let s = from; s < from + n; s++) {
    const run = await simulate(s, undefined, n === 1 ? (l) => console.log(l()) : undefined);
    ev += run.events;
    an += run.answers;
    if (run.breaches.length) {
      bad++;
      const k = run.breaches[0]!.replace(/[0-9a-f-]{30,}/g, 'ID')
        .replace(/\d+/g, '#')
        .slice(0, 150);
      kinds.set(k, [...(kinds.get(k) ?? []), s]);
      if (n === 1) console.log(run.breaches);
    }
  }
  console.log({ bad, n, ev, an, ms: performance.now() - start });
  for (const [k, v] of [...kinds].sort((a, b) => b[1].length - a[1].length).slice(0, 20))
    console.log(v.length, k, v.slice(0, 3));
})();
