export { isLoopback } from './loopback';
export { CONFIGURATION, INSTALLED, readConfiguration, type Configuration } from './configuration';
export { asksForHelp, USAGE } from './flags';
export { isHere, WrongStart, type Setting } from './setting';
export { SETTINGS } from './settings';
