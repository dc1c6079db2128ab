import type { DeadLetterResponse } from '@tallystick/contracts/ledger';
import { Option } from 'commander';
import { pages } from './client/pages';
import type { CommandSession } from './session';

export const PATH = '/v1/ops/dead-letters';
const CLASSES = ['bad-message', 'refused', 'parked'];

export const classOption = (): Option => new Option('--class <class>', 'only this class').choices(CLASSES);

export async function listLetters(
  { client }: CommandSession,
  only: string | undefined,
  limit: number,
): Promise<DeadLetterResponse[]> {
  const letters: DeadLetterResponse[] = [];
  for await (const page of pages<DeadLetterResponse>(client, PATH, { class: only }, limit, 'operator'))
    letters.push(...page);
  return letters;
}
