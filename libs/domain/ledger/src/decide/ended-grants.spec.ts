import { at, complete, fail, given, grant, MINUTE, places, revoke, submit, wait } from '../../support/ledger-harness';

describe('revocation and expiry while reserved', () => {
  const held = () => given(grant('g', 10, { expiresAt: at(30 * MINUTE) }), submit('j', 6));

  test('reserved credits stay usable for their job after the grant has expired', () => {
    const harness = held().run(wait(40 * MINUTE), complete('j'));
    expect(places(harness)).toEqual([0, 0, 6, 4, 0]);
  });

  test('refunded later, it is refunded and expired in one append', () => {
    const harness = held().run(wait(40 * MINUTE));
    expect(harness.when(fail('j')).types).toEqual(['CreditsExpired', 'CreditsRefunded', 'CreditsExpired']);
    expect(places(harness)).toEqual([0, 0, 0, 10, 0]);
  });

  test('revoking takes available credits now and reserved ones when they are refunded', () => {
    const harness = given(grant('g', 10), submit('j', 6), revoke('g'));
    expect(places(harness)).toEqual([0, 6, 0, 0, 4]);
    expect(harness.when(complete('j', 5)).types).toEqual(['CreditsConsumed', 'CreditsRefunded', 'CreditsRevoked']);
    expect(places(harness)).toEqual([0, 0, 5, 0, 5]);
  });

  test('revoking twice, or a used-up grant, moves nothing', () => {
    const harness = given(grant('g', 10), revoke('g'), grant('used', 1), submit('j', 1), complete('j'));
    expect([harness.when(revoke('g')), harness.when(revoke('used'))]).toMatchObject([{ events: [] }, { events: [] }]);
  });
});
