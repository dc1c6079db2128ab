export { correlationIdOf } from './correlation';
export { createLogger, NestLogs } from './logger';
