// In the order in which --help lists them.
export { balance } from './balance';
export { history } from './history';
export { events } from './events';
export { grant } from './grant';
export { importJobs } from './import';
export { replay } from './replay';
export { rebuild } from './rebuild';
export { verify } from './verify';
