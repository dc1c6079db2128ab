import { Option } from 'commander';
import { pages } from './client/pages';
import type { Session } from './session';

export const PATH = '/v1/ops/dead-letters';
const CLASSES = ['bad-message', 'refused', 'parked'];

export interface DeadLetter {
  readonly id: string;
  readonly key: string;
  readonly class: string;
  readonly reason: string;
  readonly origin: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: string;
    readonly at: string;
  };
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

export const classOption = (): Option => new Option('--class <class>', 'only this class').choices(CLASSES);

export async function listed({ client }: Session, only: string | undefined, limit: number): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const page of pages<DeadLetter>(client, PATH, { class: only }, limit, 'operator')) letters.push(...page);
  return letters;
}
