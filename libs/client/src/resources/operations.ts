import type {
  AcceptedForeignResponse,
  AcceptForeignDto,
  ApiKeyResponse,
  CreateOpsKeyDto,
  DeadLetterHandledResponse,
  DeadLetterResponse,
  IssuedApiKeyResponse,
  OrganizationState,
  ParkedOrganizationResponse,
  RebuildResponse,
  RefusalRecord,
  ReleaseResponse,
  ReplayResponse,
  VerificationResponse,
  ViewResponse,
} from '@tallystick/contracts/ledger';
import type { HttpClient } from '../http-client';
import { listAt } from './pages';

const PATH = '/v1/ops';
const at = (list: string, id: string, action = ''): string => `${PATH}/${list}/${encodeURIComponent(id)}${action}`;

/** For operators. */
export const operations = (http: HttpClient) => {
  const post = <Body>(path: string, body?: object): Promise<Body> => http.request({ method: 'POST', path, body });
  return {
    organizations: listAt<OrganizationState>(http, `${PATH}/organizations`),
    refusals: (organizationId: string) => listAt<RefusalRecord>(http, at('organizations', organizationId, '/refusals')),
    views: listAt<ViewResponse>(http, `${PATH}/views`),
    rebuild: (view: string): Promise<RebuildResponse> => post(at('views', view, '/rebuild')),
    replay: (organizationId?: string): Promise<ReplayResponse> => post(`${PATH}/replay`, { organizationId }),
    replayProgress: (id: string): Promise<ReplayResponse> => http.request({ path: at('replay', id) }),
    verify: (): Promise<VerificationResponse> => post(`${PATH}/verify`, {}),
    verificationProgress: (id: string): Promise<VerificationResponse> => http.request({ path: at('verify', id) }),
    acceptForeign: (stream: string, record: AcceptForeignDto): Promise<AcceptedForeignResponse> =>
      post(at('streams', stream, '/accept-foreign'), record),
    deadLetters: {
      list: listAt<DeadLetterResponse>(http, `${PATH}/dead-letters`),
      get: (id: string): Promise<DeadLetterResponse> => http.request({ path: at('dead-letters', id) }),
      redrive: (id: string): Promise<DeadLetterHandledResponse> => post(at('dead-letters', id, '/redrive')),
      discard: (id: string): Promise<DeadLetterHandledResponse> => post(at('dead-letters', id, '/discard')),
    },
    parkedOrganizations: {
      list: listAt<ParkedOrganizationResponse>(http, `${PATH}/parked-organizations`),
      release: (organizationId: string): Promise<ReleaseResponse> =>
        post(at('parked-organizations', organizationId, '/release')),
    },
    keys: {
      list: listAt<ApiKeyResponse>(http, `${PATH}/keys`),
      create: (key: CreateOpsKeyDto, idempotencyKey?: string): Promise<IssuedApiKeyResponse> =>
        http.request({ path: `${PATH}/keys`, body: key, idempotencyKey }),
      roll: (keyId: string): Promise<IssuedApiKeyResponse> => post(at('keys', keyId, '/roll')),
      revoke: (keyId: string): Promise<ApiKeyResponse> => http.request({ method: 'DELETE', path: at('keys', keyId) }),
    },
  };
};
