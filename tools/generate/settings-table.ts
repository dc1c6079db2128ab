import type { Setting } from '@tallystick/hosting';
import { ALL_SETTINGS } from './all-settings';

const BEGIN = '<!-- settings: generated from libs/platform, npm run generate -->';
const END = '<!-- /settings -->';

const FRESH = `# Settings

Set by environment variables or a \`.env\` file in the working directory. A wrong value stops the start with one sentence that names it.

${BEGIN}
${END}
`;

/** The page with the table between its markers renewed; a page without them is left to people and gets none. */
export function withSettingsTable(page: string = FRESH): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/operating/settings.md has no place for the settings: ${BEGIN} … ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n${table()}\n${page.slice(end)}`;
}

function table(): string {
  const rows = ALL_SETTINGS.map(rowOf);
  return ['| setting | default | must be | what it is for |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

const rowOf = ({ name, default: preset, rule, purpose }: Setting<unknown>): string =>
  `| \`${name}\` | ${preset === undefined ? '' : `\`${preset}\``} | ${rule} | ${purpose} |`.replaceAll('  ', ' ');
