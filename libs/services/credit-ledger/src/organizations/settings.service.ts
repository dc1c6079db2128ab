import { Inject, Injectable } from '@nestjs/common';
import { CATALOG } from '@tallystick/catalog';
import { type RetentionReply, type SettingsDto } from '@tallystick/contracts/ledger';
import { Clock } from '@tallystick/runtime';
import type { Catalog } from '@tallystick/domain/catalog';
import type { Ledger, OrganizationSettings } from '@tallystick/domain/ledger';
import { AdministrationService } from '../commands/administration.service';
import { afterEffect, CONFIGURATION } from '@tallystick/hosting';
import type { LedgerSettings } from '../settings';

/** Settings of an organization: retention of details, alerts. Plan and overage are shown; billing changes them. */
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
    if (Object.keys(settings).length === 0) return this.get(organizationId);
    const now = this.clock.instant();
    await this.administration.execute(organizationId, { type: 'ChangeSettings', settings, now, actor });
    return afterEffect(this.get(organizationId));
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
