export * from './service';
export * from './settings/common-settings';
export * from './settings/setting';
export * from './settings/stream-settings';
