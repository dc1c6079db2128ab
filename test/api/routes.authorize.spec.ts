import { call } from '../support/server';
import { useServer } from '../support/use-server';

jest.setTimeout(90_000);

type RouteOfApi = readonly [method: string, path: string];
const OPEN = /^\/(health|metrics|docs)/;
const server = useServer();
let routes: readonly RouteOfApi[];
beforeAll(async () => {
  const { paths } = (await call(`${server.url}/docs/openapi.json`)).body as {
    paths: Record<string, Record<string, unknown>>;
  };
  routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method): RouteOfApi => [method.toUpperCase(), path]),
  );
});

/** Calls every selected route once, with `id` as each parameter. Returns route, status and detail of each response. */
async function askAll(key: string | undefined, id: string, which: (route: RouteOfApi) => boolean) {
  const asked = routes.filter(which).map(async ([method, path]) => {
    const url = `${server.url}${path.replace(/\{\w+\}/g, id)}`;
    const { status, body } = await call(url, { method, key, body: method === 'GET' ? undefined : {} });
    return [`${method} ${path}`, status, body?.detail] as const;
  });
  return Promise.all(asked);
}

describe('every route of a running server', () => {
  test('is in the OpenAPI document', () => expect(routes.length).toBeGreaterThan(40));

  test('requires a key, except the public routes', async () => {
    const answers = await askAll(undefined, 'x', ([, path]) => !OPEN.test(path));
    expect(answers.filter(([, status]) => status !== 401)).toEqual([]);
    const open = await askAll(undefined, 'x', ([, path]) => OPEN.test(path));
    expect(open.filter(([route, status]) => status !== 200 && route !== 'GET /health/ready')).toEqual([]);
  });

  test('declares the roles that may call it', async () => {
    const answers = await askAll(server.keys.operator, 'unknown', () => true);
    expect(answers.filter(([, , detail]) => /call this( route)?\.$/.test(detail ?? ''))).toEqual([]);
    // An unknown id and an empty body cause no server error. (readiness may be 503 for a moment)
    expect(answers.filter(([route, status]) => status >= 500 && route !== 'GET /health/ready')).toEqual([]);
  });

  test.each(['organization', 'project'] as const)(
    'returns no data of another organization to a %s key',
    async (role) => {
      await call(`${server.url}/v1/organizations`, {
        key: server.keys.operator,
        body: { id: 'other', name: 'Another one' },
      });
      const answers = await askAll(server.keys[role], 'other', ([, path]) =>
        path.startsWith('/v1/organizations/{organization}'),
      );
      expect(answers.length).toBeGreaterThan(10);
      expect(answers.filter(([, status]) => status !== 404 && status !== 403)).toEqual([]);
      expect((await call(`${server.url}/v1/organizations/other/balance`, { key: server.keys[role] })).status).toBe(404);
    },
  );

  test('returns errors as problem+json', async () => {
    const answer = await call(`${server.url}/v1/jobs`, { key: server.keys.project, body: { id: '' } });
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      type: '/docs/problems#invalid_input',
      code: 'invalid_input',
      correlationId: answer.headers.get('x-correlation-id'),
      errors: [{ field: 'id', rule: expect.any(String), message: expect.any(String) }],
    });
  });
});
