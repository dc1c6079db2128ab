import { Logger } from '@nestjs/common';
import { systemClock, type Clock } from '@tallystick/runtime';
import {
  DEFAULT_POLICY,
  encode,
  LEDGER_RECORDS,
  ledgerDecider,
  organizationOf,
  streamOf,
  type Command,
} from '@tallystick/domain/ledger';
import { CommandHandler, type ViewStore } from '@tallystick/eventing';
import { chainBreaches, InMemoryEventStore, InMemoryRecordStore, wholeLog } from '@tallystick/eventing-testing';
import { ChainsCheck, HistorySealer, Stream, type CommandService, type Projections } from '@tallystick/hosting';
import { creditsStream } from '../commands/credits-stream';
import type { SettledJobs } from '../commands/settled-jobs';
import { SharedStores } from '../../support/ledger-process';
import type { LedgerSettings } from '../settings';

const NOW = '2026-11-30T09:00:00.000Z';
const policy = { ...DEFAULT_POLICY, catalog: new SharedStores().catalog };
const STREAM = Stream.of(creditsStream(policy, { snapshotEvery: 1_000 } as LedgerSettings, {} as SettledJobs));
const RUNNING = new AbortController().signal;
let store: InMemoryEventStore;
let records: InMemoryRecordStore;
beforeAll(() => Logger.overrideLogger(false));
beforeEach(() => {
  store = new InMemoryEventStore();
  records = new InMemoryRecordStore();
});

/** A version with the hash chain, or the one before it. */
const version = (chained: boolean) =>
  new CommandHandler({ store, decider: ledgerDecider(policy), ...LEDGER_RECORDS, encode, chained });
const execute = (chained: boolean, organizationId: string, ...commands: object[]) => {
  const ledger = version(chained);
  return Promise.all(
    commands.map((command) => ledger.execute(streamOf(organizationId), { now: NOW, ...command } as Command)),
  );
};
const open = { type: 'OpenOrganization', currency: 'USD' };
const grant = (grantId: string) => ({
  type: 'GrantCredits',
  grantId,
  kind: 'top-up',
  credits: 5,
  reason: 'r',
});

/** `interfere` runs before each command of the sealer. */
function sealer(interfere: () => Promise<unknown> = async () => undefined) {
  const ledger = version(true);
  const commands: string[] = [];
  const service = {
    execute: async (organizationId: string, command: Command) => {
      commands.push(organizationId);
      await interfere();
      return ledger.execute(streamOf(organizationId), command);
    },
  } as unknown as CommandService;
  const views = {
    find: async () =>
      [...new Set((await wholeLog(store)).map(({ stream }) => stream))]
        .sort()
        .map((stream) => ({ organizationId: organizationOf(stream) })),
  } as unknown as ViewStore;
  const projections = { projector: { leadership: {} } } as unknown as Projections;
  const clock = { now: () => Date.parse(NOW) } as unknown as Clock;
  const limits = { sealEventsPerSecond: 1_000_000 } as LedgerSettings;
  const it = new HistorySealer(STREAM, store, views, records, service, projections, clock, systemClock, limits);
  return { it, commands };
}

async function state() {
  const check = new ChainsCheck(STREAM.definition);
  const log = await wholeLog(store);
  return {
    breaches: log.flatMap((record) => check.take(record)),
    unsealed: check.unsealed,
    seals: log.filter(({ type }) => type === 'HistorySealed').map(({ stream, data }) => [stream, data]),
  };
}

const SEAL = (organizationId: string, upTo: number) => [
  streamOf(organizationId),
  { upTo, digest: expect.stringMatching(/^[\w-]{43}$/) },
];

test('older streams are sealed, with or without a chained event; new ones have nothing to seal', async () => {
  await execute(false, 'chained', open, grant('a'), grant('b'));
  await execute(true, 'chained', grant('c'), grant('d'));
  await execute(false, 'quiet', open, grant('a'));
  await execute(true, 'new', open, grant('a'));
  expect(await state()).toMatchObject({ unsealed: 1, breaches: [] });
  await sealer().it.sweep(RUNNING);
  expect(await state()).toEqual({
    breaches: [],
    unsealed: 0,
    seals: [SEAL('chained', 2), SEAL('quiet', 1)],
  });
});

test('what is sealed is not looked at again, nor sealed twice where that is forgotten', async () => {
  await execute(false, 'older', open, grant('a'));
  await sealer().it.sweep(RUNNING);
  const read = jest.spyOn(store, 'read');
  await sealer().it.sweep(RUNNING);
  expect(read).not.toHaveBeenCalled();
  records = new InMemoryRecordStore();
  await sealer().it.sweep(RUNNING);
  expect((await state()).seals).toHaveLength(1);
});

test('an event that an older process appends during the sweep is sealed by a second event; one of a newer process needs none', async () => {
  await execute(false, 'older', open);
  const appends = [() => execute(false, 'older', grant('a'))];
  const { it, commands } = sealer(async () => appends.shift()?.());
  await it.sweep(RUNNING);
  expect(commands).toHaveLength(2);
  expect((await state()).seals).toEqual([SEAL('older', 0), SEAL('older', 1)]);

  await execute(false, 'other', open);
  await sealer(() => execute(true, 'other', grant('a'))).it.sweep(RUNNING);
  expect(await state()).toMatchObject({ breaches: [], unsealed: 0 });
  expect(chainBreaches(await wholeLog(store))).toEqual([]);
});

test('one stream that cannot be sealed holds up no other', async () => {
  await execute(false, 'a', open);
  await execute(false, 'b', open);
  const read = store.read.bind(store);
  jest.spyOn(store, 'read').mockImplementation(async (stream, from, limit) => {
    if (stream === streamOf('a')) throw new Error('unreadable');
    return read(stream, from, limit);
  });
  await sealer().it.sweep(RUNNING);
  jest.restoreAllMocks();
  expect((await state()).seals).toEqual([SEAL('b', 0)]);
  await sealer().it.sweep(RUNNING);
  expect((await state()).seals).toEqual([SEAL('b', 0), SEAL('a', 0)]);
});

test('a history that was changed after it was sealed is named', async () => {
  await execute(false, 'older', open, grant('a'));
  await sealer().it.sweep(RUNNING);
  const log = await wholeLog(store);
  (log[1]!.data as { credits: number }).credits = 6;
  const check = new ChainsCheck(STREAM.definition);
  expect(log.flatMap((record) => check.take(record))).toEqual([
    expect.stringContaining('the seal does not fit revisions 0 to 1 of credits-older'),
  ]);
});
