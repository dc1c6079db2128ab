import type { CatalogResponse, EventsAcceptedResponse } from '@tallystick/contracts/intake';
import { HttpClient, type HttpClientOptions } from './http-client';
import { billingOperations, sandboxPayments } from './resources/billing';
import { jobs } from './resources/jobs';
import { operations } from './resources/operations';
import { organizations } from './resources/organizations';
import { HttpTransport } from './transport';

const CLOUD_EVENTS = 'application/cloudevents-batch+json';

/** The methods of the HTTP interface, by resource. */
export const resourcesOf = (http: HttpClient) => ({
  jobs: jobs(http),
  organizations: organizations(http),
  operations: operations(http),
  billing: billingOperations(http),
  sandboxPayments: sandboxPayments(http),
  /** CloudEvents 1.0. All are accepted, or none. */
  publish: (events: readonly object[]): Promise<EventsAcceptedResponse> =>
    http.request({ path: '/v1/events', body: events, contentType: CLOUD_EVENTS }),
  catalog: (): Promise<CatalogResponse> => http.request({ path: '/v1/catalog' }),
});

export type TallystickClient = ReturnType<typeof resourcesOf>;

/** A client of the server at `url`. Methods throw ApiError with the problem of the server, or ConnectionError. */
export const createClient = (url: string, options: HttpClientOptions = {}): TallystickClient =>
  resourcesOf(new HttpClient(new HttpTransport(url), options));
