export { correlationIdOf, logContext, type LogContext } from './correlation';
export { createLogger, NestLogs } from './logger';
