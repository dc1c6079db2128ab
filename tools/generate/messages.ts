import { dtoSchemas } from '@tallystick/contracts/http';
import { LIFECYCLE_TYPES } from '@tallystick/contracts/intake';
import { BILLING_EVENTS, PAYMENTS_EVENTS } from '@tallystick/contracts/billing';
import { CREDITS_EVENTS, JOBS_DECISIONS, JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import { type Schema, TypeSchemas } from './type-schema';

const OUTGOING = 'libs/contracts/ledger/src/outgoing.ts';
const EVENTS = 'libs/contracts/ledger/src/credits-events.ts';
const BILLING = 'libs/contracts/billing/src/billing-events.ts';
const PAYMENTS = 'libs/contracts/billing/src/payments-events.ts';
const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** A schema for every topic of the bus, by the file's name. */
export function messageSchemas(root: string): Readonly<Record<string, Schema>> {
  const types = new TypeSchemas(root, [OUTGOING, EVENTS, BILLING, PAYMENTS]);
  return {
    [`${JOBS_LIFECYCLE}.json`]: lifecycle(),
    [`${JOBS_DECISIONS}.json`]: {
      $schema: DIALECT,
      title: JOBS_DECISIONS,
      description: 'What became of a submission that came by the bus. Key: the organization.',
      ...types.of(OUTGOING, 'JobDecision'),
    },
    [`${CREDITS_EVENTS}.json`]: eventsOf(types, [EVENTS, 'CreditsMessage'], {
      title: CREDITS_EVENTS,
      description:
        'Every event of an organization’s stream, published from the log. Key: the organization. Skip a revision that you have seen; alarm on a gap. `ForeignEventSkipped` takes the place of a record of another program that an operator has accepted: it moves nothing.',
    }),
    [`${BILLING_EVENTS}.json`]: eventsOf(types, [BILLING, 'BillingMessage'], {
      title: BILLING_EVENTS,
      description:
        'Every event of the streams of subscriptions and invoices, published from the log. Key: the organization. Skip a revision of a stream that you have seen; alarm on a gap.',
    }),
    [`${PAYMENTS_EVENTS}.json`]: eventsOf(types, [PAYMENTS, 'PaymentsMessage'], {
      title: PAYMENTS_EVENTS,
      description:
        'What a payment provider reports of the charges that billing has requested, and of payment methods. Key: the organization. A message may come more than once.',
    }),
  };
}

function lifecycle(): Schema {
  const schemas = dtoSchemas();
  const oneOf = Object.entries(LIFECYCLE_TYPES).map(([type, dto]) => ({
    properties: { type: { const: type }, data: { $ref: `#/$defs/${dto.name}` } },
  }));
  const $defs: Record<string, unknown> = {};
  for (const dto of Object.values(LIFECYCLE_TYPES)) collect(dto.name, schemas, $defs);
  const text = { type: 'string' };
  return {
    $schema: DIALECT,
    title: JOBS_LIFECYCLE,
    description:
      'CloudEvents 1.0, structured or binary. Key: the organization. A message whose data have a member that is not named is refused.',
    type: 'object',
    properties: {
      specversion: { const: '1.0' },
      id: text,
      source: text,
      type: text,
      subject: text,
      time: { ...text, format: 'date-time' },
    },
    required: ['specversion', 'id', 'source', 'type', 'data'],
    oneOf,
    $defs,
  };
}

/** A DTO and those that it names, which are kept under `#/definitions/`. */
function collect(name: string, schemas: Readonly<Record<string, unknown>>, into: Record<string, unknown>): void {
  if (name in into) return;
  const text = JSON.stringify(schemas[name]);
  into[name] = JSON.parse(text.replaceAll('#/definitions/', '#/$defs/'));
  for (const [, other] of text.matchAll(/#\/definitions\/(\w+)/g)) collect(other!, schemas, into);
}

/** The members of a union of messages by their type. */
function eventsOf(
  types: TypeSchemas,
  [file, union]: readonly [string, string],
  about: { readonly title: string; readonly description: string },
): Schema {
  const messages = types.membersOf(file, union, 'type');
  const oneOf = Object.entries(messages).map(([title, message]) => ({ title, ...message }));
  return { $schema: DIALECT, ...about, oneOf };
}
