import type { PlatformRequest } from '@tallystick/contracts/http';
import type { FastifyRequest } from 'fastify';

/** A request with the members that the platform adds. */
export type HttpRequest = FastifyRequest & PlatformRequest;
