import { Module } from '@nestjs/common';
import { CatalogModule } from '@tallystick/catalog';
import { KeyDirectory, rpcController } from '@tallystick/contracts/http';
import { KEY_CALLS, LEDGER_CALLS, LedgerClient } from '@tallystick/contracts/ledger';
import { StreamModule, CONFIGURATION } from '@tallystick/hosting';
import { CatalogRecorder } from './catalog/catalog-recorder';
import { POLICY, policyProvider } from './policy';
import { AdministrationService } from './commands/administration.service';
import { creditsStream } from './commands/credits-stream';
import { LedgerService } from './commands/ledger.service';
import { LocalLedger } from './commands/local-ledger';
import { PlanCallsService } from './commands/plan-calls.service';
import { RefusalsService } from './commands/refusals.service';
import { SettledJobs } from './commands/settled-jobs';
import { KeysController } from './keys/keys.controller';
import { KeysService } from './keys/keys.service';
import { OpsKeysController } from './keys/ops-keys.controller';
import { LifecycleConsumer } from './lifecycle/lifecycle.consumer';
import { LifecycleService } from './lifecycle/lifecycle.service';
import { DeadLettersController } from './operations/dead-letters.controller';
import { ForeignRecordsController } from './operations/foreign-records.controller';
import { OpsController } from './operations/ops.controller';
import { OrganizationStatesReader } from './operations/organization-states-reader';
import { ParkedOrganizationsController } from './operations/parked-organizations.controller';
import { ReplayController } from './operations/replay.controller';
import { GrantsController } from './organizations/grants.controller';
import { GrantsReader } from './organizations/grants-reader';
import { OrganizationsController } from './organizations/organizations.controller';
import { OrganizationsService } from './organizations/organizations.service';
import { ProjectsController } from './organizations/projects.controller';
import { ProjectsService } from './organizations/projects.service';
import { SettingsController } from './organizations/settings.controller';
import { SettingsService } from './organizations/settings.service';
import { BalanceService } from './reading/balance.service';
import { EventsReader } from './reading/events-reader';
import { HistoryService } from './reading/history.service';
import { JobsReader } from './reading/jobs-reader';
import { PreviewService } from './reading/preview.service';
import { BalanceController } from './reading/balance.controller';
import { HistoryController } from './reading/history.controller';
import { OrganizationEventsController } from './reading/organization-events.controller';
import { UsageController } from './reading/usage.controller';

const COMMANDS = [
  AdministrationService,
  LedgerService,
  LifecycleService,
  LocalLedger,
  PlanCallsService,
  RefusalsService,
];
const READING = [
  BalanceService,
  EventsReader,
  GrantsReader,
  HistoryService,
  JobsReader,
  OrganizationStatesReader,
  PreviewService,
];
const RECORDS = [KeysService, OrganizationsService, ProjectsService, SettingsService];

/** Decides every movement of credits, and serves organizations, keys, balances and history. */
@Module({
  imports: [
    CatalogModule,
    StreamModule.forAsync({
      imports: [CatalogModule],
      providers: [policyProvider, SettledJobs],
      inject: [POLICY, CONFIGURATION, SettledJobs],
      useFactory: creditsStream,
    }),
  ],
  controllers: [
    LifecycleConsumer,
    OrganizationsController,
    BalanceController,
    HistoryController,
    UsageController,
    OrganizationEventsController,
    GrantsController,
    ProjectsController,
    KeysController,
    SettingsController,
    OpsController,
    OpsKeysController,
    DeadLettersController,
    ParkedOrganizationsController,
    ForeignRecordsController,
    ReplayController,
    rpcController(LEDGER_CALLS, LocalLedger),
    rpcController(KEY_CALLS, KeysService),
  ],
  providers: [
    ...COMMANDS,
    ...READING,
    ...RECORDS,
    CatalogRecorder,
    { provide: LedgerClient, useExisting: LocalLedger },
    { provide: KeyDirectory, useExisting: KeysService },
  ],
  exports: [LedgerClient, KeyDirectory],
})
export class CreditLedgerModule {}
