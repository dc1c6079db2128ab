import { fileTypeOf, unreported } from '..';
import { sample } from '../../support/sample';

const catalog = sample();

describe('a reported limit', () => {
  test.each([
    ['of the organization', { limit: 'storage' }],
    ['of the organization, reported for a project', { limit: 'storage', projectId: 'p' }],
    ['of a project, with its project', { limit: 'seats', projectId: 'p' }],
  ])('%s is accepted', (_, report) => {
    expect(unreported(catalog, report)).toBeUndefined();
  });

  test.each([undefined, null])('of a project needs its project, not %p', (projectId) => {
    expect(unreported(catalog, { limit: 'seats', projectId })).toEqual({
      field: 'projectId',
      rule: 'required',
      message: 'Limit seats is counted per project: name the project.',
    });
  });

  test.each([
    [
      'is not in the catalog',
      'pigeons',
      'The catalog has no limit pigeons that is reported; use one of: storage, seats.',
    ],
    [
      'is counted by reservations',
      'requests',
      'The catalog has no limit requests that is reported; use one of: storage, seats.',
    ],
    ['is misspelt', 'storag', 'The catalog has no limit storag that is reported; did you mean "storage"?'],
  ])('that %s is refused', (_, limit, message) => {
    expect(unreported(catalog, { limit })).toEqual({ field: 'limit', rule: 'reported', message });
  });

  test('is refused in a catalog without reported limits', () => {
    const { message } = unreported({ limits: new Map() }, { limit: 'storage' })!;
    expect(message).toBe('The catalog has no limit storage that is reported; it has none.');
  });
});

describe('the type of a file', () => {
  test.each([
    ['by its id', 'pdf', { id: 'pdf', pages: 'given' }],
    ['by an alias', 'application/pdf', { id: 'pdf', pages: 'given' }],
    ['by its id, in any case', 'PDF', { id: 'pdf', pages: 'given' }],
    ['with a rule of its own', 'sheet', { id: 'sheet', pages: 2 }],
    ['that is unknown, by the last part of its name', 'image/tiff', { id: 'tiff', pages: 'given' }],
    ['that is no text', 7, { id: '', pages: 'given' }],
    ['that is missing', undefined, { id: '', pages: 'given' }],
  ])('%s', (_, type, expected) => {
    expect(fileTypeOf(catalog, type)).toMatchObject(expected);
  });
});
