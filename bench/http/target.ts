import { RESERVED, USED } from '../support/leapocr';
import type { System } from '../support/system';
import { LoadClient, type ClientResponse } from './client';

/** Maximum number of connections: more than concurrent requests. */
const CONNECTIONS = 256;

/** A server under load: the product or the bare server. Each phase has its own job ids. */
export class LoadTarget {
  readonly client: LoadClient;

  constructor(url: string, key: string, connections = CONNECTIONS) {
    this.client = new LoadClient(url, key, connections);
  }

  /** One by one. */
  system(phase: string): Pick<System, 'reserve' | 'settle'> {
    return {
      reserve: async (organization, jobId) => {
        const body = JSON.stringify(submission(organization, phase + jobId));
        expectReply(await this.client.post('/v1/jobs', body), 202, '"status":"reserved"');
      },
      settle: async (organization, jobId) => {
        const body = JSON.stringify({ organizationId: nameOf(organization), usage: { pages: USED } });
        expectReply(await this.client.post(`/v1/jobs/${phase}${jobId}/complete`, body), 200, `"consumed":${USED}`);
      },
    };
  }

  async submitMany(organization: number, jobIds: readonly string[]): Promise<void> {
    const body = JSON.stringify({ jobs: jobIds.map((jobId) => submission(organization, jobId)) });
    const { results } = JSON.parse(expectReply(await this.client.post('/v1/jobs/batch', body), 200).body) as {
      results: readonly { status?: string }[];
    };
    const refused = results.find(({ status }) => status !== 'reserved');
    if (refused || results.length !== jobIds.length) throw new Error(JSON.stringify(refused ?? results.length));
  }

  async endMany(organization: number, jobIds: readonly string[]): Promise<void> {
    const body = JSON.stringify(jobIds.map((jobId) => completion(organization, jobId)));
    const reply = await this.client.post('/v1/events', body, 'application/cloudevents-batch+json');
    expectReply(reply, 202, `"accepted":${jobIds.length}`);
  }

  close(): void {
    this.client.close();
  }
}

export const nameOf = (organization: number): string => `org-${organization}`;

const submission = (organization: number, id: string) => ({
  id,
  organizationId: nameOf(organization),
  projectId: 'project',
  operation: 'standard-v2',
  usage: { pages: RESERVED },
});

const completion = (organization: number, jobId: string) => ({
  specversion: '1.0',
  id: `end-${jobId}`,
  source: 'benchmark',
  type: 'tallystick.job.completed',
  subject: jobId,
  data: { id: jobId, organizationId: nameOf(organization), usage: { pages: USED } },
});

export function expectReply(reply: ClientResponse, status: number, part = ''): ClientResponse {
  if (reply.status !== status || !reply.body.includes(part))
    throw new Error(`${reply.status} where ${status} was right: ${reply.body.slice(0, 500)}`);
  return reply;
}
