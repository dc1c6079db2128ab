import type { Row, Where } from '@tallystick/eventing';
import type { OpenedViewStore } from './view-store.contract';

export function totals(opened: OpenedViewStore): void {
  it.each<[string, { where?: Where; groupBy: string[] }, Row[]]>([
    [
      'a column',
      { groupBy: ['organization'] },
      [
        { organization: 'a', credits: 30, count: 2 },
        { organization: 'b', credits: 30, count: 2 },
        { organization: 'c', credits: 50, count: 1 },
      ],
    ],
    [
      'a column, of some rows',
      { where: { day: { before: '02' } }, groupBy: ['day'] },
      [{ day: '01', credits: 40, count: 2 }],
    ],
    ['nothing', { groupBy: [] }, [{ credits: 110, count: 5 }]],
    ['nothing where there is nothing', { where: { organization: 'z' }, groupBy: [] }, [{ credits: 0, count: 0 }]],
  ])('totals by %s', async (_, query, expected) => {
    const [store, table] = opened();
    expect(await store.total(table, { ...query, sum: ['credits'] })).toEqual(expected);
  });

  it('totals page by page, each beginning after the last', async () => {
    const [store, table] = opened();
    const query = { where: { day: { from: '01' } }, groupBy: ['organization', 'day'], sum: ['credits'] };
    const all = await store.total(table, query);
    const pages: Row[] = [];
    for (let last: Row | undefined; ;) {
      const after = last && [last['organization']!, last['day']!];
      const page = await store.total(table, { ...query, after, limit: 2 });
      expect(page.length).toBeLessThanOrEqual(2);
      if (page.length === 0) break;
      pages.push(...page);
      last = page.at(-1);
    }
    expect(all).toHaveLength(5);
    expect(pages).toEqual(all);
    const { where: _, ...anywhere } = query;
    expect(await store.total(table, { ...anywhere, after: ['b', '~'] })).toEqual(all.slice(-1));
  });
}
