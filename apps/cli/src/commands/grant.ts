import type { GrantResponse } from '@tallystick/contracts/ledger';
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { Unanswered } from '../client/client';
import { path, time, whole } from '../options';
import { plural } from '../output/table';
import type { Run } from '../session';
import { no, type Stop, wrongUse } from '../stop';

interface Options {
  readonly kind: string;
  readonly expires?: string;
  readonly scope?: readonly string[];
  readonly reason: string;
  readonly idempotencyKey?: string;
}

/** Run again as it was, the command would make another key, and the credits could be given twice. */
const withKey = ({ message }: Unanswered, key: string): Stop =>
  no(`${message} Run it again with --idempotency-key ${key}: the credits are given once.`);

export const grant = (program: Command, run: Run): Command =>
  program
    .command('grant')
    .description('give an organization credits')
    .argument('[organization]', 'the demo’s where there is one')
    .argument('[credits]', 'how many')
    .option('--kind <kind>', 'trial, package, top-up or promotional', 'top-up')
    .option('--expires <time>', 'when what is left of them ends', time)
    .option('--scope <operation>', 'only for this operation; may be repeated', (it: string, all: string[] = []) => [
      ...all,
      it,
    ])
    .option('--reason <text>', 'why, for the history', 'given with tally')
    .option('--idempotency-key <key>', 'the same key gives the credits once, however often it is sent')
    .action(
      run<Options>(async (session, { kind, expires, scope, reason, idempotencyKey }, ...given) => {
        const [named, amount] = given[1] === undefined ? [undefined, given[0]] : given;
        if (amount === undefined || !/^\d+$/.test(amount))
          throw wrongUse('Give a whole number of credits: tally grant ORGANIZATION CREDITS.');
        const credits = whole(1)(amount);
        const organization = session.organization(named);
        const key = idempotencyKey ?? randomUUID();
        const { status, body } = await session.client
          .request<GrantResponse>({
            path: path(organization, '/grants'),
            body: { kind, credits, expiresAt: expires, scope, reason },
            as: 'operator',
            idempotencyKey: key,
          })
          .catch((error: unknown) => {
            throw error instanceof Unanswered ? withKey(error, key) : error;
          });
        session.answer(body, () => {
          const done = status === 201 ? 'Gave' : 'Had given';
          const as = body.grantId === undefined ? '' : ` as grant ${body.grantId}`;
          return `${done} ${organization} ${plural(credits, 'credit')} of kind ${kind}${as}.`;
        });
      }),
    );
