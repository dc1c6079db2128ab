import { systemClock } from '@tallystick/runtime';
import type { Command } from 'commander';
import type { OperationProgress, ViewResponse } from '@tallystick/contracts/ledger';
import { waitUntilDone } from '../operations';
import { plural, shown } from '../output/table';
import type { CliClient } from '../client/client';
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
        const list = await listOf(client, name!);
        const look = async (): Promise<ViewResponse> => {
          const { data } = await client.get<ViewList>(list, {}, 'operator');
          return data.find((view) => view.name === name) ?? unknown(name!, data);
        };
        const path = `${list}/${encodeURIComponent(name!)}/rebuild`;
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

interface ViewList {
  readonly data: readonly ViewResponse[];
}

/** The path of the list with the view: each service has its own. */
async function listOf(client: CliClient, name: string): Promise<string> {
  const paths = ['/v1/ops/views', '/v1/ops/billing/views'];
  const views: ViewResponse[] = [];
  for (const path of paths) {
    // (an installation without billing has no such list)
    const { status, body } = await client.request<ViewList>({ path, as: 'operator' }, [404]);
    if (status === 404) continue;
    if (body.data.some((view) => view.name === name)) return path;
    views.push(...body.data);
  }
  return unknown(name, views);
}

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
