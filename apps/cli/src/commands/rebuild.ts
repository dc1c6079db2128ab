import { systemClock } from '@tallystick/runtime';
import type { Command } from 'commander';
import type { OperationProgress, ViewResponse } from '@tallystick/contracts/ledger';
import { waitUntilDone } from '../operations';
import { plural, shown } from '../output/table';
import type { RunCommand } from '../session';
import { usageError } from '../command-exit';

/** Time in which a rebuild becomes visible. A short one may finish before it is seen. */
const GRACE_MILLISECONDS = 1_500;

export const rebuild = (program: Command, run: RunCommand): Command =>
  program
    .command('rebuild')
    .description('rebuild a view from the log')
    .argument('<view>', 'name of the view; an unknown name lists all views')
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
        const startedAt = systemClock.monotonic();
        let wasSeen = false;
        const { view } = await waitUntilDone(session, async () => {
          const view = await look();
          wasSeen ||= view.rebuilding != null;
          return workOf(view, wasSeen || systemClock.monotonic() - startedAt > GRACE_MILLISECONDS);
        });
        session.printResult(view, () => describe(view));
      }),
    );

function unknown(name: string, views: readonly ViewResponse[]): never {
  throw usageError(`There is no view ${name}; the views are ${views.map((view) => view.name).join(', ')}.`);
}

const workOf = (view: ViewResponse, hasStarted: boolean): OperationProgress & { readonly view: ViewResponse } => ({
  id: view.name,
  state: view.rebuilding || !hasStarted ? 'running' : 'done',
  position: view.rebuilding?.position ?? view.checkpoint,
  head: view.rebuilding?.head ?? view.checkpoint,
  view,
});

const describe = ({ name, checkpoint, rows }: ViewResponse): string =>
  `Rebuilt ${name} up to position ${shown(checkpoint)}${rows === undefined ? '' : `: ${plural(rows, 'row')}`}.`;
