import type {
  ApiKeyResponse,
  BalanceResponse,
  CappedApiKeyResponse,
  ChangeKeyDto,
  CreatedApiKeyResponse,
  CreateKeyDto,
  CreateOrganizationDto,
  EventItem,
  GrantDto,
  GrantItem,
  GrantResponse,
  GrantRevokedResponse,
  IssuedApiKeyResponse,
  MovementItem,
  OrganizationResponse,
  OrganizationSettingsResponse,
  OrganizationSummary,
  ProjectDto,
  ProjectResponse,
  ProjectState,
  SettingsDto,
  UsageItem,
} from '@tallystick/contracts/ledger';
import type { HttpClient, QueryParameters } from '../http-client';
import { billingOf } from './billing';
import { listAt } from './pages';

const PATH = '/v1/organizations';

/** Organizations. `organizations.of(id)` has the resources of one. */
export const organizations = (http: HttpClient) => ({
  create: (organization: CreateOrganizationDto): Promise<OrganizationResponse> =>
    http.request({ path: PATH, body: organization }),
  list: listAt<OrganizationSummary>(http, PATH),
  of: (id: string) => organization(http, `${PATH}/${encodeURIComponent(id)}`),
});

const organization = (http: HttpClient, path: string) => ({
  get: (): Promise<OrganizationResponse> => http.request({ path }),
  balance: (query: QueryParameters = {}): Promise<BalanceResponse> => http.request({ path: `${path}/balance`, query }),
  history: listAt<MovementItem>(http, `${path}/history`),
  usage: listAt<UsageItem>(http, `${path}/usage`),
  events: listAt<EventItem>(http, `${path}/events`),
  settings: {
    get: (): Promise<OrganizationSettingsResponse> => http.request({ path: `${path}/settings` }),
    change: (settings: SettingsDto): Promise<OrganizationSettingsResponse> =>
      http.request({ method: 'PUT', path: `${path}/settings`, body: settings }),
  },
  grants: grants(http, `${path}/grants`),
  projects: projects(http, `${path}/projects`),
  keys: keys(http, `${path}/keys`),
  ...billingOf(http, path),
});

const grants = (http: HttpClient, path: string) => ({
  /** Without a `grantId` the idempotency key is required. */
  create: (grant: GrantDto, idempotencyKey?: string): Promise<GrantResponse> =>
    http.request({ path, body: grant, idempotencyKey }),
  list: listAt<GrantItem>(http, path),
  revoke: (grantId: string, reason?: string): Promise<GrantRevokedResponse> =>
    http.request({ method: 'DELETE', path: `${path}/${encodeURIComponent(grantId)}`, body: { reason } }),
});

const projects = (http: HttpClient, path: string) => {
  const at = (projectId: string): string => `${path}/${encodeURIComponent(projectId)}`;
  return {
    list: listAt<ProjectState>(http, path),
    get: (projectId: string): Promise<ProjectResponse> => http.request({ path: at(projectId) }),
    change: (projectId: string, project: ProjectDto): Promise<ProjectResponse> =>
      http.request({ method: 'PUT', path: at(projectId), body: project }),
  };
};

const keys = (http: HttpClient, path: string) => {
  const at = (keyId: string, action = ''): string => `${path}/${encodeURIComponent(keyId)}${action}`;
  return {
    list: listAt<CappedApiKeyResponse>(http, path),
    create: (key: CreateKeyDto, idempotencyKey?: string): Promise<CreatedApiKeyResponse> =>
      http.request({ path, body: key, idempotencyKey }),
    change: (keyId: string, key: ChangeKeyDto): Promise<CappedApiKeyResponse> =>
      http.request({ method: 'PUT', path: at(keyId), body: key }),
    roll: (keyId: string): Promise<IssuedApiKeyResponse> => http.request({ method: 'POST', path: at(keyId, '/roll') }),
    revoke: (keyId: string): Promise<ApiKeyResponse> => http.request({ method: 'DELETE', path: at(keyId) }),
  };
};
