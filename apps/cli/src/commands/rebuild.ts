import type { Command } from 'commander';
import { finished, type Work } from '../operations';
import { plural, shown } from '../output/table';
import type { Run } from '../session';
import { wrongUse } from '../stop';

interface View {
  readonly name: string;
  readonly checkpoint: number;
  readonly head: number;
  readonly rows?: number;
  readonly rebuilding?: { readonly position: number; readonly head: number } | null;
}

export const rebuild = (program: Command, run: Run): Command =>
  program
    .command('rebuild')
    .description('throw a view away and build it again from the log')
    .argument('<view>', 'its name; a wrong one lists them')
    .action(
      run(async (session, _options: object, name) => {
        const { client } = session;
        const look = async (): Promise<View> => {
          const { data } = await client.get<{ data: readonly View[] }>('/v1/ops/views', {}, 'operator');
          return data.find((view) => view.name === name) ?? unknown(name!, data);
        };
        await look();
        const path = `/v1/ops/views/${encodeURIComponent(name!)}/rebuild`;
        await client.request({ path, body: {}, as: 'operator' });
        const { view } = await finished(session, async () => workOf(await look()));
        session.answer(view, () => describe(view));
      }),
    );

function unknown(name: string, views: readonly View[]): never {
  throw wrongUse(`There is no view ${name}; there are ${views.map((view) => view.name).join(', ')}.`);
}

const workOf = (view: View): Work & { readonly view: View } => ({
  state: view.rebuilding ? 'running' : 'done',
  position: view.rebuilding?.position ?? view.checkpoint,
  head: view.rebuilding?.head ?? view.checkpoint,
  view,
});

const describe = ({ name, rows, checkpoint }: View): string =>
  `Rebuilt ${name} up to position ${shown(checkpoint)}${rows === undefined ? '' : `: ${plural(rows, 'row')}`}.`;
