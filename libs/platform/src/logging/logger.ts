import type { LoggerService } from '@nestjs/common';
import { StartupError } from '@tallystick/runtime';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Configuration } from '../configuration';
import { textStream } from './text-stream';

type Format = Pick<Configuration, 'logLevel' | 'logFormat'>;

/** Members whose values are redacted, at every depth that is logged. */
const SECRETS = ['authorization', 'cookie', 'key', 'secret', 'password', 'token'];
const redact = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export function createLogger(
  service: string,
  { logLevel, logFormat }: Format,
  destination?: DestinationStream,
): Logger {
  const text = logFormat === 'text' || (logFormat === 'auto' && process.stdout.isTTY);
  const options = {
    level: logLevel,
    base: { service },
    redact: { paths: redact, censor: '(secret)' },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, destination ?? (text ? textStream() : pino.destination({ fd: 1, sync: true })));
}

/** Writes the lines that the framework and services log through `Logger` of @nestjs/common. */
export class NestLogs implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: readonly unknown[]): void {
    // The framework's lines about its own start are of no use to an operator.
    this.write(FRAMEWORK.has(contextOf(rest) ?? '') ? 'debug' : 'info', message, rest);
  }
  error(message: unknown, ...rest: readonly unknown[]): void {
    // The process prints it as one sentence and exits.
    if (message instanceof StartupError) return;
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: readonly unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: readonly unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: readonly unknown[]): void {
    this.write('debug', message, rest);
  }

  private write(level: 'debug' | 'info' | 'warn' | 'error', message: unknown, rest: readonly unknown[]): void {
    const context = contextOf(rest);
    const error = [message, ...rest].find((it) => it instanceof Error);
    const stack = level === 'error' && rest.length > 1 && typeof rest[0] === 'string' ? rest[0] : undefined;
    const members = Object.assign({}, ...[message, ...rest].filter(isMembers)) as object;
    const said = typeof message === 'string' ? message : error?.message;
    this.logger[level]({ context, ...members, ...(error ? { err: error } : stack && { stack }) }, said);
  }
}

const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
]);

const isMembers = (it: unknown): it is object => typeof it === 'object' && it !== null && !(it instanceof Error);

const contextOf = (rest: readonly unknown[]): string | undefined => {
  const last = rest.at(-1);
  return typeof last === 'string' ? last : undefined;
};
