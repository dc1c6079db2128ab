import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageSchemas } from './messages';
import { openApiOf } from './openapi';
import { withResponseSchemas } from './responses';
import { withSettingsTable } from './settings-table';

/** Files that follow from the code: path → content. Run from the workspace's root, after a build. */
async function generated(root: string): Promise<Readonly<Record<string, string>>> {
  const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  const messages = Object.entries(messageSchemas(root)).map(([name, schema]) => [
    `docs/messages/${name}`,
    json(schema),
  ]);
  const document = await openApiOf(join(root, 'dist/apps/standalone/src/main.js'));
  return {
    'docs/operating/settings.md': withSettingsTable(contentOf(join(root, 'docs/operating/settings.md'))),
    'docs/openapi.json': json(withResponseSchemas(document, root, controllersIn(root))),
    ...Object.fromEntries(messages),
  };
}

const controllersIn = (root: string): string[] =>
  readdirSync(join(root, 'libs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.controller.ts'))
    .map((file) => join('libs', file));

const contentOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

async function main(root: string, isCheck: boolean): Promise<void> {
  const files = Object.entries(await generated(root));
  const stale = files.filter(([path, content]) => contentOf(join(root, path)) !== content);
  if (isCheck && stale.length > 0) {
    console.error(`Not current; run npm run generate:\n${stale.map(([path]) => `  ${path}`).join('\n')}`);
    process.exitCode = 1;
  }
  if (isCheck) return;
  for (const [path, content] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    console.log(`wrote ${path}`);
  }
}

main(process.cwd(), process.argv.includes('--check')).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
