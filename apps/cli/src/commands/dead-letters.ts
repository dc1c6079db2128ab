import type { Command } from 'commander';
import type { DeadLetterResponse } from '@tallystick/contracts/ledger';
import { classOption, listLetters, PATH } from '../dead-letters';
import { whole } from '../options';
import { facts, lines, shortened, table } from '../output/table';
import type { RunCommand } from '../session';
import { addHandlingCommands } from './dead-letters-handling';

const REASON_LENGTH = 100;

interface ListOptions {
  readonly class?: string;
  readonly limit: number;
}

const COLUMNS = [
  { title: 'id', of: ({ id }: DeadLetterResponse) => id },
  { title: 'class', of: (letter: DeadLetterResponse) => letter.class },
  { title: 'organization', of: ({ key }: DeadLetterResponse) => key },
  { title: 'time', of: ({ origin }: DeadLetterResponse) => origin.at },
  { title: 'reason', of: ({ reason }: DeadLetterResponse) => shortened(reason ?? '', REASON_LENGTH) },
];

export const deadLetters = (program: Command, run: RunCommand): Command => {
  const command = program
    .command('dead-letters')
    .description('list, show, redrive or discard bus messages that could not be processed');
  command
    .command('list')
    .description('list open dead letters, oldest first')
    .addOption(classOption())
    .option('--limit <n>', 'maximum number of rows', whole(1), 100)
    .action(
      run<ListOptions>(async (session, { class: only, limit }) => {
        const letters = await listLetters(session, only, limit);
        session.printResult(letters, () =>
          letters.length === 0 ? 'There are no dead letters.' : table(letters, COLUMNS),
        );
      }),
    );
  command
    .command('show')
    .description('show the original message, its origin and the reason')
    .argument('<id>', 'id from the list')
    .action(
      run(async (session, _options: object, id) => {
        const path = `${PATH}/${encodeURIComponent(id!)}`;
        const letter = await session.client.get<DeadLetterResponse>(path, {}, 'operator');
        session.printResult(letter, () => describe(letter));
      }),
    );
  addHandlingCommands(command, run);
  return command;
};

function describe({ id, key, class: of, reason, origin, headers, value }: DeadLetterResponse): string {
  const { topic, partition, offset, at } = origin;
  const about = facts([
    ['id', id],
    ['class', of],
    ['reason', reason],
    ['organization', key],
    ['origin', `${topic}, partition ${partition}, offset ${offset}, at ${at}`],
    ...Object.entries(headers).map(([name, text]) => [`header ${lines(name)}`, text] as const),
  ]);
  return `${about}\n\n${lines(indented(value))}`;
}

function indented(value: string): string {
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
