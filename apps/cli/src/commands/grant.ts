import type { GrantResponse } from '@tallystick/contracts/ledger';
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { UnknownOutcomeError } from '../client/client';
import { money, path, time, whole } from '../options';
import { plural } from '../output/table';
import type { RunCommand } from '../session';
import { commandError, type CommandExit, usageError } from '../command-exit';

interface GrantOptions {
  readonly kind: string;
  readonly expires?: string;
  readonly scope?: readonly string[];
  readonly paid?: string;
  readonly currency?: string;
  readonly reason: string;
  readonly idempotencyKey?: string;
}

/** Error with the idempotency key: a repetition with a new key could grant the credits twice. */
const withKey = ({ message }: UnknownOutcomeError, key: string): CommandExit =>
  commandError(`${message} Run it again with --idempotency-key ${key}: the credits are granted once.`);

function paidWith({ paid, currency }: Pick<GrantOptions, 'paid' | 'currency'>) {
  if (paid === undefined && currency === undefined) return undefined;
  if (paid === undefined || currency === undefined) throw usageError('Give --paid and --currency together.');
  return money(paid, currency);
}

export const grant = (program: Command, run: RunCommand): Command =>
  program
    .command('grant')
    .description('grant credits to an organization')
    .argument('[organization]', 'default: the demo organization')
    .argument('[credits]', 'number of credits')
    .option('--kind <kind>', 'trial, package, top-up or promotional', 'top-up')
    .option('--expires <time>', 'expiry of the credits', time)
    .option('--scope <operation>', 'only for this operation; may be repeated', (it: string, all: string[] = []) => [
      ...all,
      it,
    ])
    .option('--paid <amount>', 'what was paid for the credits, such as 12.00; needs --currency')
    .option('--currency <code>', 'currency of --paid, such as USD')
    .option('--reason <text>', 'reason for the history', 'given with tally')
    .option('--idempotency-key <key>', 'key of a repeated request: the credits are granted once')
    .action(
      run<GrantOptions>(async (session, { kind, expires, scope, reason, idempotencyKey, ...price }, ...given) => {
        const [named, amount] = given[1] === undefined ? [undefined, given[0]] : given;
        if (amount === undefined || !/^\d+$/.test(amount))
          throw usageError('Give a whole number of credits: tally grant ORGANIZATION CREDITS.');
        const credits = whole(1)(amount);
        const organization = session.organization(named);
        const key = idempotencyKey ?? randomUUID();
        const { status, body } = await session.client
          .request<GrantResponse>({
            path: path(organization, '/grants'),
            body: { kind, credits, expiresAt: expires, scope, paid: paidWith(price), reason },
            as: 'operator',
            idempotencyKey: key,
          })
          .catch((error: unknown) => {
            throw error instanceof UnknownOutcomeError ? withKey(error, key) : error;
          });
        session.printResult(body, () => {
          const done = status === 201 ? 'Granted' : 'Had already granted';
          const as = body.grantId === undefined ? '' : ` as grant ${body.grantId}`;
          return `${done} ${organization} ${plural(credits, 'credit')} of kind ${kind}${as}.`;
        });
      }),
    );
