import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import {
  anObject,
  BOUNDS,
  call,
  flag,
  id,
  listOf,
  May,
  Must,
  oneOf,
  text,
  time,
  toInstant,
  whole,
} from '@tallystick/contracts/http';
import { DAY } from '@tallystick/domain/kernel';
import { TRACE_LENGTH, type Maybe, type RulesFor } from './call-rules';
import { OVERAGES, PaidDto } from './organizations.dto';
import type {
  CommandReply,
  GrantEnding,
  GrantGrace,
  LedgerTerms,
  OverageChange,
  PlanPackage,
  PlanPayment,
  PlanReply,
  PlanSchedule,
  SoldCredits,
  SoldGrant,
} from './plan-types';

// The calls of billing to the ledger: plans, and credits that were sold.

const YEAR = 366 * DAY;
/** Ids of grants and lines contain the id of an invoice, which contains that of the organization. */
const soldId = () => text(BOUNDS.nameLength);

class BillingTraceDto {
  @Must(id()) organizationId!: string;
  @May(text(TRACE_LENGTH)) actor!: Maybe<string>;
  @May(text(TRACE_LENGTH)) correlationId!: Maybe<string>;
  @May(text(TRACE_LENGTH)) causationId!: Maybe<string>;
}

class PackageEndDto {
  @May(flag()) period!: Maybe<boolean>;
  @May(time()) at!: Maybe<string>;
}

class PlanPackageDto implements RulesFor<PlanPackage> {
  @Must(soldId()) grantId!: string;
  @Must(whole(0)) credits!: number;

  @Must(anObject())
  @ValidateNested()
  @Type(() => PackageEndDto)
  ends!: PackageEndDto;

  @May(whole(0, YEAR)) graceMilliseconds!: Maybe<number>;

  @May(anObject())
  @ValidateNested()
  @Type(() => PaidDto)
  paid!: Maybe<PaidDto>;
}

class PlanPaymentDto extends BillingTraceDto implements RulesFor<PlanPayment> {
  @Must(soldId()) invoiceLineId!: string;
  @Must(text(BOUNDS.nameLength)) plan!: string;
  @Must(oneOf(['keep', 'new'])) anchor!: 'keep' | 'new';
  @Must(listOf(soldId(), BOUNDS.batch)) endGrants!: string[];

  @May(anObject())
  @ValidateNested()
  @Type(() => PlanPackageDto)
  grant!: Maybe<PlanPackageDto>;
}

class PlanScheduleDto extends BillingTraceDto implements RulesFor<PlanSchedule> {
  @May(time()) at!: Maybe<string>;
  @May(text(BOUNDS.nameLength)) plan!: Maybe<string>;
}

class GrantEndingDto extends BillingTraceDto implements RulesFor<GrantEnding> {
  @Must(soldId()) grantId!: string;
}

class GrantGraceDto extends BillingTraceDto implements RulesFor<GrantGrace> {
  @May(listOf(soldId(), BOUNDS.batch)) grantIds!: Maybe<string[]>;
  @May(time()) graceUntil!: Maybe<string>;
}

class SoldCreditsDto extends BillingTraceDto implements RulesFor<SoldCredits> {
  @Must(soldId()) grantId!: string;
  @Must(oneOf(['package', 'top-up', 'promotional'])) kind!: SoldCredits['kind'];
  @Must(whole(1)) credits!: number;
  @May(time()) expiresAt!: Maybe<string>;

  @May(anObject())
  @ValidateNested()
  @Type(() => PaidDto)
  paid!: Maybe<PaidDto>;

  @Must(text(BOUNDS.reasonLength)) reason!: string;
}

class OverageChangeDto extends BillingTraceDto implements RulesFor<OverageChange> {
  @Must(oneOf(OVERAGES)) overage!: OverageChange['overage'];
}

class PlanPaymentCallDto {
  @Must(anObject())
  @ValidateNested()
  @Type(() => PlanPaymentDto)
  argument!: PlanPaymentDto;
}

class PlanScheduleCallDto {
  @Must(anObject())
  @ValidateNested()
  @Type(() => PlanScheduleDto)
  argument!: PlanScheduleDto;
}

class GrantEndingCallDto {
  @Must(anObject())
  @ValidateNested()
  @Type(() => GrantEndingDto)
  argument!: GrantEndingDto;
}

class GrantGraceCallDto {
  @Must(anObject())
  @ValidateNested()
  @Type(() => GrantGraceDto)
  argument!: GrantGraceDto;
}

class SoldCreditsCallDto {
  @Must(anObject())
  @ValidateNested()
  @Type(() => SoldCreditsDto)
  argument!: SoldCreditsDto;
}

class OverageChangeCallDto {
  @Must(anObject())
  @ValidateNested()
  @Type(() => OverageChangeDto)
  argument!: OverageChangeDto;
}

class OrganizationCallDto {
  @Must(id()) argument!: string;
}

const instant = <Name extends string>(name: Name, given: string | undefined) =>
  (given === undefined ? {} : { [name]: toInstant(given) }) as { readonly [Member in Name]?: string };

function receivedPayment(payment: PlanPayment): PlanPayment {
  const { grant } = payment;
  if (grant === undefined) return payment;
  const ends = 'at' in grant.ends ? { at: toInstant(grant.ends.at) } : grant.ends;
  return { ...payment, grant: { ...grant, ends } };
}

export const PLAN_CALLS = {
  applyPlanPayment: call<PlanPayment, PlanReply>({
    path: '/internal/plans/apply-payment',
    body: PlanPaymentCallDto,
    receive: receivedPayment,
  }),
  schedulePlan: call<PlanSchedule, CommandReply>({
    path: '/internal/plans/schedule',
    body: PlanScheduleCallDto,
    receive: (schedule: PlanSchedule) => ({ ...schedule, ...instant('at', schedule.at) }),
  }),
  /** Expires what is available of a grant. */
  endGrant: call<GrantEnding, CommandReply>({ path: '/internal/grants/end', body: GrantEndingCallDto }),
  setGrantGrace: call<GrantGrace, CommandReply>({
    path: '/internal/grants/set-grace',
    body: GrantGraceCallDto,
    receive: (grace: GrantGrace) => ({ ...grace, ...instant('graceUntil', grace.graceUntil) }),
  }),
  grantSold: call<SoldCredits, CommandReply>({
    path: '/internal/grants/sell',
    body: SoldCreditsCallDto,
    receive: (sold: SoldCredits) => ({ ...sold, ...instant('expiresAt', sold.expiresAt) }),
  }),
  setOverage: call<OverageChange, CommandReply>({ path: '/internal/overage/set', body: OverageChangeCallDto }),
  terms: call<string, LedgerTerms>({ path: '/internal/terms', body: OrganizationCallDto, readOnly: true }),
  /** Of the whole history, in the order of the grants. */
  soldGrants: call<string, readonly SoldGrant[]>({
    path: '/internal/grants/sold',
    body: OrganizationCallDto,
    readOnly: true,
  }),
} as const;
