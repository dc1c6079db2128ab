import type { Listen, ServiceDefinition, Setting, SettingDeclarations } from '@tallystick/hosting';
import type { OpenAdapters } from '../stores/adapters';
import { FILE_SUFFIX } from '../configuration';
import type { RemoteService } from '../remote/remote-service';

/** A process: the services that it runs, and the adapters they use. */
export interface ProcessDefinition<Own extends SettingDeclarations = Record<never, never>> {
  /** The name of the process in its log. */
  readonly name: string;
  readonly services: readonly ServiceDefinition[];
  /** Services of other processes, to which requests are forwarded. */
  readonly remotes?: readonly RemoteService[];
  /** Services of other processes that may share the environment: a setting that one of them declares is not misspelt. */
  readonly siblings?: () => Promise<readonly { readonly settings: SettingDeclarations }[]>;
  readonly adapters: OpenAdapters;
  /** Settings of the process itself, beside those of the platform and of its services. */
  readonly settings?: Own;
  /** All services run in this process, so that it may have a sandbox clock. */
  readonly isStandalone?: true;
  /** The internal listener where TALLY_INTERNAL_LISTEN is not set. Absent: none. */
  readonly internalListen?: Listen;
}

/** The settings that a process declares. Throws if two of them have one key. */
export function settingsOf<Own extends SettingDeclarations>({
  services,
  remotes = [],
  settings,
}: Pick<ProcessDefinition<Own>, 'services' | 'remotes' | 'settings'>): Own {
  const all: Record<string, Setting<unknown>> = {};
  for (const declared of [settings ?? {}, ...services.map((it) => it.settings), ...remotes.map((it) => it.settings)])
    for (const [key, setting] of Object.entries(declared)) {
      // Services may share a declaration.
      if (all[key] !== undefined && all[key] !== setting) throw new Error(`The setting ${key} is declared twice.`);
      all[key] = setting;
    }
  return all as Own;
}

/** The names among `unknown` that no service of the installation knows. */
export async function misspelt(
  unknown: readonly string[],
  { siblings }: Pick<ProcessDefinition, 'siblings'>,
): Promise<readonly string[]> {
  if (unknown.length === 0 || siblings === undefined) return unknown;
  const names = (await siblings()).flatMap(({ settings }) => Object.values(settings).map(({ name }) => name));
  const known = new Set(names.flatMap((name) => [name, name + FILE_SUFFIX]));
  return unknown.filter((name) => !known.has(name));
}
