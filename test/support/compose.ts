import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const ROOT = join(__dirname, '../..');

export interface ComposeService {
  readonly image?: string;
  readonly build?: unknown;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly unknown[];
  readonly networks?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition?: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly [key: string]: unknown;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks?: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

/** The file with its anchors resolved. `docker compose config` resolves more. */
export const readCompose = (file = 'docker-compose.yml'): ComposeFile =>
  parse(readFileSync(join(ROOT, file), 'utf8'), { merge: true }) as ComposeFile;

/** The environment of a service in the file, without the `ENV` of deploy/Dockerfile. */
export function environmentOf(service: string, file = readCompose()): Record<string, string> {
  const { environment } = file.services[service] ?? {};
  if (environment === undefined) throw new Error(`${service} is no service with an environment.`);
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]));
}
