import type { Command } from 'commander';
import type { OperationProgress, ViewResponse } from '@tallystick/contracts/ledger';
import { finished } from '../operations';
import { shown } from '../output/table';
import type { Run } from '../session';
import { wrongUse } from '../stop';

/** Milliseconds: a rebuild shows a moment after it was asked for, and a short one may never be seen. */
const GRACE = 1_500;

export const rebuild = (program: Command, run: Run): Command =>
  program
    .command('rebuild')
    .description('throw a view away and build it again from the log')
    .argument('<view>', 'its name; a wrong one lists them')
    .action(
      run(async (session, _options: object, name) => {
        const { client } = session;
        const look = async (): Promise<ViewResponse> => {
          const { data } = await client.get<{ data: readonly ViewResponse[] }>('/v1/ops/views', {}, 'operator');
          return data.find((view) => view.name === name) ?? unknown(name!, data);
        };
        await look();
        const path = `/v1/ops/views/${encodeURIComponent(name!)}/rebuild`;
        await client.request({ path, body: {}, as: 'operator' });
        const begun = Date.now();
        let wasSeen = false;
        const { view } = await finished(session, async () => {
          const view = await look();
          wasSeen ||= view.rebuilding != null;
          return workOf(view, wasSeen || Date.now() - begun > GRACE);
        });
        session.answer(view, () => describe(view));
      }),
    );

function unknown(name: string, views: readonly ViewResponse[]): never {
  throw wrongUse(`There is no view ${name}; there are ${views.map((view) => view.name).join(', ')}.`);
}

const workOf = (view: ViewResponse, hasBegun: boolean): OperationProgress & { readonly view: ViewResponse } => ({
  id: view.name,
  state: view.rebuilding || !hasBegun ? 'running' : 'done',
  position: view.rebuilding?.position ?? view.checkpoint,
  head: view.rebuilding?.head ?? view.checkpoint,
  view,
});

const describe = ({ name, checkpoint }: ViewResponse): string => `Rebuilt ${name} up to position ${shown(checkpoint)}.`;
