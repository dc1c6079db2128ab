import { invalidInput, type BodyRule } from '@tallystick/contracts/http';

/** Refuses members that belong to a route of billing now. Values: that route, as a sentence. */
export const movedMembers =
  (moved: Readonly<Record<string, string>>): BodyRule =>
  (_, body) => {
    const given = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    const errors = given
      .filter((field) => Object.hasOwn(moved, field))
      .map((field) => ({ field, rule: 'moved', message: moved[field]! }));
    if (errors.length > 0) throw invalidInput(errors);
  };

export const SUBSCRIBE = 'A plan is subscribed to: send POST /v1/organizations/{id}/subscription.';
export const SET_OVERAGE = 'Overage is set by its own route: send PUT /v1/organizations/{id}/overage.';
