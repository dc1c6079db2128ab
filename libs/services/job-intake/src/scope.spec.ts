import { Problem, type Caller } from '@tallystick/contracts/http';
import { scopeOf } from './scope';

const service: Caller = { keyId: 'k', role: 'service' };
const organization: Caller = { keyId: 'k', role: 'organization', organizationId: 'own' };
const project: Caller = { keyId: 'k', role: 'project', organizationId: 'own', projectId: 'mine' };

test.each<[string, Caller, object, object | number]>([
  ['a service names both', service, { organizationId: 'o', projectId: 'p' }, { organizationId: 'o', projectId: 'p' }],
  [
    'a service names the key it works for',
    service,
    { organizationId: 'o', apiKeyId: 'c' },
    { organizationId: 'o', projectId: 'default', apiKeyId: 'c' },
  ],
  ['a service names nobody', service, {}, 422],
  [
    'an organization’s key carries it',
    organization,
    {},
    { organizationId: 'own', projectId: 'default', apiKeyId: 'k' },
  ],
  [
    'an organization’s key names a project',
    organization,
    { projectId: 'p' },
    { organizationId: 'own', projectId: 'p', apiKeyId: 'k' },
  ],
  ['an organization’s key names another one', organization, { organizationId: 'other' }, 404],
  ['a project’s key carries both', project, {}, { organizationId: 'own', projectId: 'mine', apiKeyId: 'k' }],
  [
    'a project’s key cannot pass for another',
    project,
    { apiKeyId: 'x' },
    { organizationId: 'own', projectId: 'mine', apiKeyId: 'k' },
  ],
  ['a project’s key names another project', project, { projectId: 'theirs' }, 404],
  ['a project’s key names another organization', project, { organizationId: 'other' }, 404],
])('%s', (_, caller, named, expected) => {
  let found: object | number;
  try {
    found = scopeOf(caller, named);
  } catch (error) {
    found = (error as Problem).status;
  }
  expect(found).toEqual(expected);
});
