import Fastify from 'fastify';
import { RESERVED, USED } from '../support/leapocr';

// The same routes and body sizes as the product, without validation, decisions and storage.

interface BareJob {
  readonly id: string;
}

const server = Fastify();
server.addContentTypeParser('application/cloudevents-batch+json', { parseAs: 'string' }, (_, body, done) =>
  done(null, JSON.parse(String(body))),
);

let revision = 0;
const reserved = (jobId: string) => ({
  jobId,
  status: 'reserved',
  credits: RESERVED,
  draws: [{ grantId: 'grant', kind: 'top-up', credits: RESERVED }],
  revision: ++revision,
});

server.post('/v1/jobs', (request, reply) => reply.code(202).send(reserved((request.body as BareJob).id)));
server.post('/v1/jobs/:id/complete', (request) => ({
  jobId: (request.params as BareJob).id,
  status: 'consumed',
  consumed: USED,
  refunded: RESERVED - USED,
  writtenOff: 0,
  revision: ++revision,
}));
server.post('/v1/jobs/batch', (request) => ({
  results: (request.body as { jobs: readonly BareJob[] }).jobs.map(({ id }) => reserved(id)),
}));
server.post('/v1/events', (request, reply) =>
  reply.code(202).send({ accepted: (request.body as readonly unknown[]).length }),
);
server.listen({ host: '127.0.0.1', port: 0 }).then(
  (url) => console.log(url),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
