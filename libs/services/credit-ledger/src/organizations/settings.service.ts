import { Inject, Injectable } from '@nestjs/common';
import { CATALOG } from '@tallystick/catalog';
import { type RetentionReply, type SettingsDto } from '@tallystick/contracts/ledger';
import { Clock } from '@tallystick/runtime';
import type { Catalog } from '@tallystick/domain/catalog';
import type { Command, Ledger, OrganizationSettings } from '@tallystick/domain/ledger';
import { AdministrationService } from '../commands/administration.service';
import { afterEffect, CONFIGURATION } from '@tallystick/hosting';
import type { LedgerSettings } from '../settings';

/** Settings of an organization: retention of details, overage, alerts. */
@Injectable()
export class SettingsService {
  constructor(
    private readonly administration: AdministrationService,
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
    private readonly clock: Clock,
  ) {}

  async get(organizationId: string) {
    const { value, revision } = await this.administration.read(organizationId, (ledger) => ({
      ...this.retentionOf(ledger),
      overage: ledger.overage,
      plan: ledger.plan ?? this.catalog.defaultPlan ?? null,
      alertThresholds: ledger.settings.alertThresholds ?? this.catalog.defaults.alertThresholds,
    }));
    const { days, projects, overage, ...rest } = value;
    return {
      organizationId,
      retentionDays: days,
      projectRetentionDays: projects,
      overage,
      autoOverage: overage === 'auto',
      ...rest,
      revision,
    };
  }

  /** Members that are absent keep their values. */
  async change(organizationId: string, wanted: SettingsDto, actor: string) {
    const settings = settingsOf(wanted);
    const overage = wanted.overage ?? (wanted.autoOverage == null ? undefined : wanted.autoOverage ? 'auto' : 'none');
    const commands: Command[] = [];
    const common = { now: this.clock.instant(), actor };
    if (wanted.plan !== undefined) commands.push({ ...common, type: 'SetPlan', plan: wanted.plan ?? undefined });
    if (overage !== undefined) commands.push({ ...common, type: 'SetOverage', overage });
    if (Object.keys(settings).length > 0) commands.push({ ...common, type: 'ChangeSettings', settings });
    const [first, ...others] = commands;
    if (first === undefined) return this.get(organizationId);
    await this.administration.execute(organizationId, first);
    return afterEffect(this.finish(organizationId, others));
  }

  private async finish(organizationId: string, commands: readonly Command[]) {
    for (const command of commands) await this.administration.execute(organizationId, command);
    return this.get(organizationId);
  }

  async retention(organizationId: string): Promise<RetentionReply> {
    return (await this.administration.read(organizationId, (ledger) => this.retentionOf(ledger))).value;
  }

  private retentionOf({ settings }: Ledger): RetentionReply {
    const days = settings.retentionDays ?? this.limits.retentionDays ?? this.catalog.defaults.retentionDays;
    return { days, projects: settings.projectRetentionDays ?? {} };
  }
}

function settingsOf({ retentionDays, alertThresholds, projectRetentionDays }: SettingsDto): OrganizationSettings {
  return {
    ...(retentionDays != null && { retentionDays }),
    ...(alertThresholds != null && { alertThresholds: [...new Set(alertThresholds)].sort((a, b) => b - a) }),
    ...(projectRetentionDays != null && { projectRetentionDays }),
  };
}
