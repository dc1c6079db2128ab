import { CREDITS_EVENTS } from '@tallystick/contracts/ledger';
import type { Composed } from '@tallystick/platform';
import { creditLedger } from '@tallystick/services/credit-ledger';
import { until } from '../support/until';
import { TestInstallation, noKeys, OPERATOR_KEY } from './installation';
import { noteKeeper, NOTES, NotesService } from './notes';

jest.setTimeout(60_000);

const TOPIC = 'notes.events';
const LATER = '2100-01-01T00:00:00.000Z';
const write = (text: string, remindAt = LATER) =>
  ({ type: 'Write', text, remindAt, now: new Date().toISOString() }) as const;

interface NoteMessage {
  readonly entityId: string;
  readonly stream: string;
}

/** Decides, projects, publishes, replays and verifies one more note. */
async function keepNote({ app }: Composed, installation: TestInstallation, id: string): Promise<void> {
  const { commands, projections, replays, verifications } = app.get(NotesService, { strict: false });
  expect(await commands.execute(id, write('milk'))).toEqual({ answer: 'written', revision: 0 });
  expect(await projections.behind(id, 0)).toBeUndefined();
  expect(await installation.views.get(NOTES, [[id]])).toEqual([{ id, revision: 0, text: 'milk', remindAt: LATER }]);
  const message = () => installation.published<NoteMessage>(TOPIC).find(({ entityId }) => entityId === id);
  await until(() => message() !== undefined);
  expect(message()).toMatchObject({ stream: `notes-${id}`, revision: 0, type: 'NoteWritten' });
  const replay = await replays.start();
  await until(async () => (await replays.get(replay.id)).state !== 'running');
  expect(await replays.get(replay.id)).toMatchObject({ state: 'done', differences: [] });
  const verification = await verifications.start();
  await until(async () => (await verifications.get(verification.id)).state !== 'running');
  expect(await verifications.get(verification.id)).toMatchObject({ state: 'done', breaches: [], foreign: [] });
}

describe('a service with its own streams, view and topic', () => {
  test('runs alone in a process', async () => {
    const installation = new TestInstallation();
    const process = await installation.start(noKeys, noteKeeper);
    await keepNote(process, installation, 'a');
    expect(installation.keysOn(TOPIC)).toEqual(['notebook-of-a']);
    await process.close();
  });

  test('runs beside the ledger: each has its streams, views, topic and checkpoint', async () => {
    const installation = new TestInstallation();
    const process = await installation.start(creditLedger, noteKeeper);
    const created = await process.app.inject({
      method: 'POST',
      url: '/v1/organizations',
      headers: { authorization: `Bearer ${OPERATOR_KEY}` },
      payload: { id: 'acme', name: 'Acme' },
    });
    expect(created.statusCode).toBe(201);
    await keepNote(process, installation, 'a');
    await until(() => installation.published(CREDITS_EVENTS).length > 0);
    expect(installation.published(CREDITS_EVENTS)).toContainEqual(
      expect.objectContaining({ organizationId: 'acme', stream: 'credits-acme', type: 'OrganizationOpened' }),
    );
    expect(installation.published<NoteMessage>(TOPIC).map(({ stream }) => stream)).toEqual(['notes-a']);
    // (the key of a message is its entity unless the definition says otherwise)
    expect(new Set(installation.keysOn(CREDITS_EVENTS))).toEqual(new Set(['acme']));
    await process.close();
    expect(await installation.keysIn('checkpoints')).toEqual(['publisher', 'publisher-log']);
    expect(await installation.keysIn('notes.checkpoints')).toEqual(['notes', 'notes-log']);
  });

  test('goes on in a process of its own where it stopped in the common one', async () => {
    const installation = new TestInstallation();
    const common = await installation.start(creditLedger, noteKeeper);
    await keepNote(common, installation, 'a');
    await common.close();
    const own = await installation.start(noKeys, noteKeeper);
    await keepNote(own, installation, 'b');
    await own.close();
    expect(installation.published<NoteMessage>(TOPIC).map(({ stream }) => stream)).toEqual(['notes-a', 'notes-b']);
  });

  test('gets its due commands when they are due', async () => {
    const installation = new TestInstallation();
    const process = await installation.start(noKeys, noteKeeper);
    const { commands } = process.app.get(NotesService, { strict: false });
    const soon = new Date(Date.now() + 1_500).toISOString();
    await commands.execute('a', write('milk', soon));
    const reminder = async () => (await commands.read('a', ({ remindAt }) => remindAt)).value;
    expect(await reminder()).toBe(soon);
    await until(async () => (await reminder()) === null);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(soon));
    await process.close();
  });
});
