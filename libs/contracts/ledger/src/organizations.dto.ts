import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { anObject, BOUNDS } from '@tallystick/contracts/http';
import { MAX_CREDITS } from '@tallystick/domain/kernel';
import { either, id, listOf, May, Must, oneOf, text, time, whole, type Rule } from '@tallystick/contracts/http';

/** Kinds that callers may grant. Only the ledger grants pay-as-you-go credits. */
export const GRANTABLE_KINDS = ['trial', 'package', 'top-up', 'promotional'] as const;
export const OVERAGES = ['none', 'auto', 'pay-as-you-go'] as const;

export class CreateOrganizationDto {
  @Must(id()) id!: string;
  @Must(text(BOUNDS.nameLength)) name!: string;
  /** Default: that of the catalog. */
  @May(text(3, 3)) currency?: string | null;
}

/** Money that was paid for credits. */
export class PaidDto {
  /** In minor units, such as cents. */
  @Must(whole(0, Number.MAX_SAFE_INTEGER)) amount!: number;
  /** ISO 4217, such as USD. */
  @Must(text(3, 3)) currency!: string;
}

export class GrantDto {
  /** The caller's own id. Default: derived from the Idempotency-Key. */
  @May(id()) grantId?: string | null;
  @Must(oneOf(GRANTABLE_KINDS)) kind!: (typeof GRANTABLE_KINDS)[number];
  @Must(whole(1)) credits!: number;
  @May(time()) expiresAt?: string | null;
  /** Operations that may draw on it. Default: all. */
  @May(listOf(text(BOUNDS.nameLength), 100, 1)) scope?: string[] | null;
  /** What the organization paid for the credits. Default: nothing is known. */
  @May(anObject())
  @ValidateNested()
  @Type(() => PaidDto)
  paid?: PaidDto | null;

  @Must(text(BOUNDS.reasonLength)) reason!: string;
}

export class AcceptForeignDto {
  /** Of the record of another program. */
  @Must(whole(0, Number.MAX_SAFE_INTEGER)) revision!: number;
  @Must(text(BOUNDS.reasonLength)) reason!: string;
}

export class RevokeGrantDto {
  @May(text(BOUNDS.reasonLength)) reason?: string | null;
}

const cap = (): Rule => whole(0, MAX_CREDITS);

export class ProjectDto {
  @May(text(BOUNDS.nameLength)) name?: string | null;
  /** Days for which details of the project's jobs are kept. Default: those of the organization. */
  @May(either(whole(0, BOUNDS.retentionDays), oneOf(['off']))) retentionDays?: number | 'off' | null;
  /** Credits that all keys of the project may use in one billing period. Null removes the cap. */
  @May(cap()) budgetCap?: number | null;
}

export class SettingsDto {
  @May(either(whole(0, BOUNDS.retentionDays), oneOf(['off']))) retentionDays?: number | 'off' | null;
  @May(listOf(whole(0), BOUNDS.alertThresholds)) alertThresholds?: number[] | null;
  @May(retentionByProject()) projectRetentionDays?: Record<string, number | 'off'> | null;
}

function retentionByProject(): Rule {
  const project = id();
  const days = either(whole(0, BOUNDS.retentionDays), oneOf(['off']));
  return {
    name: 'object',
    schema: { type: 'object', propertyNames: project.schema, additionalProperties: days.schema },
    message: `Give an object of project ids and their days. ${days.message}`,
    holds: (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.entries(value).every(([key, entry]) => project.holds(key) && days.holds(entry)),
  };
}

export class CreateKeyDto {
  @May(oneOf(['project', 'organization'])) role?: 'project' | 'organization' | null;
  @May(id()) projectId?: string | null;
  @May(text(BOUNDS.nameLength)) name?: string | null;
  /** Credits that this key may use in one billing period. */
  @May(cap()) cap?: number | null;
  /** The same as `cap`. */
  @May(cap()) budgetCap?: number | null;
}

export class ChangeKeyDto {
  @May(cap()) cap?: number | null;
  /** The same as `cap`. */
  @May(cap()) budgetCap?: number | null;
}

export class CreateOpsKeyDto {
  @Must(oneOf(['service', 'operator'])) role!: 'service' | 'operator';
  @May(text(BOUNDS.nameLength)) name?: string | null;
}
