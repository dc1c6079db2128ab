import { Timeline } from './timeline';

const DAY = (day: number): string => `2026-01-0${day}T00:00:00.000Z`;

function timelineWith(advance: (to: string) => Promise<void> = async () => undefined) {
  const seen: string[] = [];
  const timeline = new Timeline(DAY(1), async (to) => {
    seen.push(`clock ${to.slice(8, 10)}`);
    await advance(to);
  });
  return { timeline, seen };
}

test('the clock waits for every story, and stops at each of their times once', async () => {
  const { timeline, seen } = timelineWith();
  const story = (name: string, days: readonly number[]) => async (moment: { at: (time: string) => Promise<void> }) => {
    for (const day of days) {
      await moment.at(DAY(day));
      await Promise.resolve();
      seen.push(`${name} ${day}`);
    }
  };
  await Promise.all(timeline.run([story('a', [1, 2, 4]), story('b', [2, 3])]));
  expect(seen).toEqual(['a 1', 'clock 02', 'b 2', 'a 2', 'clock 03', 'b 3', 'clock 04', 'a 4']);
});

test('a story that fails holds up no other', async () => {
  const { timeline } = timelineWith();
  const [failed, other] = timeline.run([
    () => Promise.reject(new Error('no')),
    async ({ at }) => {
      await at(DAY(2));
    },
  ]);
  await expect(failed).rejects.toThrow('no');
  await other;
});

test('a time that is over fails, and so does every story that waits for a clock that cannot advance', async () => {
  const { timeline } = timelineWith(() => Promise.reject(new Error('stopped')));
  const [back, stopped] = timeline.run([async ({ at }) => at('2025-12-31T00:00:00Z'), async ({ at }) => at(DAY(2))]);
  await expect(back).rejects.toThrow('The clock already shows');
  await expect(stopped).rejects.toThrow('stopped');
});
