export { INTERNAL_LISTEN } from './access-settings';
export { FILE_SUFFIX, INSTALLED, readConfiguration, type Configuration } from './configuration';
export { asksForHelp, USAGE } from './flags';
export { PLATFORM_SETTINGS } from './settings';
