import type { Benchmark } from '../harness/benchmark';

export const http: Benchmark = { name: 'http', about: '', run: async () => [] };
