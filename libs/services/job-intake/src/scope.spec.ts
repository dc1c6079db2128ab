import { Problem, type Caller } from '@tallystick/contracts/http';
import { scopeOf } from './scope';

const service: Caller = { keyId: 'k', role: 'service' };
const organization: Caller = { keyId: 'k', role: 'organization', organizationId: 'own' };
const project: Caller = { keyId: 'k', role: 'project', organizationId: 'own', projectId: 'mine' };

test.each<[string, Caller, object, object | number]>([
  [
    'a service key with organization and project',
    service,
    { organizationId: 'o', projectId: 'p' },
    { organizationId: 'o', projectId: 'p' },
  ],
  [
    'a service key with the key of a project',
    service,
    { organizationId: 'o', apiKeyId: 'c' },
    { organizationId: 'o', projectId: 'default', apiKeyId: 'c' },
  ],
  ['a service key without an organization', service, {}, 422],
  ['an organization key', organization, {}, { organizationId: 'own', projectId: 'default', apiKeyId: 'k' }],
  [
    'an organization’s key names a project',
    organization,
    { projectId: 'p' },
    { organizationId: 'own', projectId: 'p', apiKeyId: 'k' },
  ],
  ['an organization key with another organization', organization, { organizationId: 'other' }, 404],
  ['a project key', project, {}, { organizationId: 'own', projectId: 'mine', apiKeyId: 'k' }],
  [
    'a project’s key cannot pass for another',
    project,
    { apiKeyId: 'x' },
    { organizationId: 'own', projectId: 'mine', apiKeyId: 'k' },
  ],
  ['a project key with another project', project, { projectId: 'theirs' }, 404],
  ['a project key with another organization', project, { organizationId: 'other' }, 404],
])('%s', (_, caller, named, expected) => {
  let found: object | number;
  try {
    found = scopeOf(caller, named);
  } catch (error) {
    found = (error as Problem).status;
  }
  expect(found).toEqual(expected);
});
