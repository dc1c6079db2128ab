import { caller, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

const SERVERS = {
  leapocr: useServer(withCatalog('leapocr')),
  ocriva: useServer(withCatalog('ocriva')),
  layers: useServer(withCatalog('iteration-layer')),
};
const files = (count: number, file: object) => Array.from({ length: count }, () => file);
const page = { type: 'pdf', pages: 1 };
const structured = ['structured-output'];
const custom = ['custom-instructions'];

describe('the price of a job equals the vendor’s published price:', () => {
  test.each<[keyof typeof SERVERS, string, object, number]>([
    ['leapocr', '100-page contract', { operation: 'standard-v2', usage: { pages: 100 } }, 100],
    ['leapocr', '50-page manual', { operation: 'pro-v2', usage: { pages: 50 } }, 150],
    [
      'leapocr',
      '20 invoices with JSON',
      { operation: 'standard-v2', usage: { files: files(20, page) }, features: structured },
      40,
    ],
    [
      'leapocr',
      '100 forms with custom validation',
      { operation: 'pro-v2', usage: { files: files(100, page) }, features: custom },
      400,
    ],
    [
      'leapocr',
      'both features, charged once',
      { operation: 'standard-v2', usage: { pages: 10 }, features: [...structured, ...custom] },
      20,
    ],
    ['ocriva', 'a file by GPT-4o-mini', { operation: 'gpt-4o-mini', usage: { files: [page] } }, 1],
    ['ocriva', 'a file by GPT-4o', { operation: 'gpt-4o', usage: { files: [page] } }, 5],
    ['ocriva', 'a file by Claude Haiku', { operation: 'claude-haiku', usage: { files: [page] } }, 2],
    [
      'layers',
      'extraction sums pages over files',
      {
        operation: 'document-extraction',
        usage: { files: [{ type: 'pdf', pages: 10 }, { type: 'png' }, { type: 'docx' }] },
      },
      12,
    ],
    ['layers', 'an image generated', { operation: 'image-generation' }, 2],
  ])('%s: %s', async (name, _, job, credits) => {
    const server = SERVERS[name];
    const organizationId = await organizationWith(server, 1_000);
    const service = caller(server, 'service');
    const previewed = await service('POST', '/v1/preview', { ...job, organizationId });
    expect(previewed).toMatchObject({ status: 200, body: { accepted: true, credits } });
    const submitted = await service('POST', '/v1/jobs', { id: 'job', organizationId, ...job });
    expect(submitted).toMatchObject({ status: 202, body: { jobId: 'job', status: 'reserved', credits } });
    const drawn = submitted.body.draws.reduce((sum: number, draw: { credits: number }) => sum + draw.credits, 0);
    expect(drawn).toBe(credits);
    const completed = await service('POST', '/v1/jobs/job/complete', { organizationId });
    expect(completed).toMatchObject({
      status: 200,
      body: { status: 'consumed', consumed: credits, refunded: 0 },
    });
  });
});
