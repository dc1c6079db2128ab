import type { Benchmark } from '../harness/benchmark';

export const growth: Benchmark = { name: 'growth', about: '', run: async () => [] };
