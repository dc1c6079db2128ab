import { balance } from './balance';
import { clock } from './clock';
import { deadLetters } from './dead-letters';
import { events } from './events';
import { explain } from './explain';
import { exportOrganization } from './export';
import { grant } from './grant';
import { history } from './history';
import { importJobs } from './import';
import { ops } from './ops';
import { parked } from './parked';
import { rebuild } from './rebuild';
import { replay } from './replay';
import { verify } from './verify';

/** In the order in which --help lists them. */
export const COMMANDS = [
  balance,
  history,
  events,
  grant,
  importJobs,
  exportOrganization,
  explain,
  replay,
  rebuild,
  verify,
  parked,
  ops,
  deadLetters,
  clock,
];
