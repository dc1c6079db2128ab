export { INTERNAL_LISTEN } from './access-settings';
export { CONFIGURATION, INSTALLED, readConfiguration, type Configuration } from './configuration';
export { asksForHelp, USAGE } from './flags';
export { isHere, type Setting } from '@tallystick/hosting';
export { SETTINGS } from './settings';
