// Called for every character of every id.
const { imul } = Math;

/** Bits per job for a false positive rate of 1 in 100,000, and the number of probes for that size. */
const BITS_PER_JOB = 24;
const PROBES = 7;
const JOBS_PER_SLICE = 1 << 20;

/**
 * Says of most job ids for certain that they were never settled, without a look at the index: a Bloom filter, in slices.
 * A slice is made when the last one is full; the oldest goes when there are more than `maxSlices`, and then nothing is certain any more.
 */
export class SettledFilter {
  private slices: { bits: Uint32Array; jobs: number }[] = [];
  private isWhole = true;

  constructor(private readonly maxSlices = 16) {}

  add(organizationId: string, jobId: string): void {
    let slice = this.slices[this.slices.length - 1];
    if (!slice || slice.jobs >= JOBS_PER_SLICE) slice = this.addSlice();
    slice.jobs += 1;
    for (const bit of bitsOf(organizationId, jobId)) slice.bits[bit >>> 5]! |= 1 << (bit & 31);
  }

  mayHave(organizationId: string, jobId: string): boolean {
    if (!this.isWhole) return true;
    const bits = bitsOf(organizationId, jobId);
    return this.slices.some((slice) => bits.every((bit) => (slice.bits[bit >>> 5]! & (1 << (bit & 31))) !== 0));
  }

  private addSlice() {
    const slice = { bits: new Uint32Array((JOBS_PER_SLICE * BITS_PER_JOB) / 32), jobs: 0 };
    this.slices.push(slice);
    if (this.slices.length > this.maxSlices) {
      this.slices.shift();
      this.isWhole = false;
    }
    return slice;
  }
}

/** Two hashes make all the probes (Kirsch and Mitzenmacher, 2006). */
function bitsOf(organizationId: string, jobId: string): number[] {
  const size = JOBS_PER_SLICE * BITS_PER_JOB;
  const first = hash(jobId, hash(organizationId, 0x811c9dc5));
  const second = hash(organizationId, hash(jobId, 0x9747b28c)) | 1;
  const bits = new Array<number>(PROBES);
  for (let probe = 0; probe < PROBES; probe++) bits[probe] = ((first + imul(probe, second)) >>> 0) % size;
  return bits;
}

/** FNV-1a over UTF-16 units, with a last stirring: its low bits alone are weak. */
function hash(text: string, seed: number): number {
  let value = seed;
  for (let i = 0; i < text.length; i++) value = imul(value ^ text.charCodeAt(i), 0x01000193);
  value ^= value >>> 16;
  value = imul(value, 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
