import { Module } from '@nestjs/common';
import { CatalogModule } from '@tallystick/catalog';
import { KeyDirectory } from '@tallystick/contracts/http';
import { LedgerClient } from '@tallystick/contracts/ledger';
import { policyProvider } from './policy';
import { AdministrationService } from './commands/administration.service';
import { BalanceService } from './reading/balance.service';
import { DeadLettersController } from './operations/dead-letters.controller';
import { DeadLettersService } from './operations/dead-letters.service';
import { EventsReader } from './reading/events-reader';
import { ForeignRecordsController } from './operations/foreign-records.controller';
import { ForeignRecordsService } from './operations/foreign-records.service';
import { GrantsController } from './organizations/grants.controller';
import { GrantsReader } from './organizations/grants-reader';
import { HistorySealer } from './operations/history-sealer';
import { HistoryService } from './reading/history.service';
import { InternalController } from './commands/internal.controller';
import { JobsReader } from './reading/jobs-reader';
import { KeysController } from './keys/keys.controller';
import { KeysService } from './keys/keys.service';
import { LagService } from './operations/lag.service';
import { LedgerService } from './commands/ledger.service';
import { LogService } from './operations/log.service';
import { LifecycleConsumer } from './lifecycle/lifecycle.consumer';
import { LifecycleService } from './lifecycle/lifecycle.service';
import { LocalLedger } from './commands/local-ledger';
import { OpsController } from './operations/ops.controller';
import { OpsKeysController } from './keys/ops-keys.controller';
import { OrganizationsController } from './organizations/organizations.controller';
import { OrganizationsService } from './organizations/organizations.service';
import { ParkedOrganizations } from './lifecycle/parked-organizations';
import { ParkedOrganizationsController } from './lifecycle/parked-organizations.controller';
import { ParkingService } from './lifecycle/parking.service';
import { PreviewService } from './reading/preview.service';
import { ProjectsController } from './organizations/projects.controller';
import { ProjectsService } from './organizations/projects.service';
import { Projections } from './operations/projections';
import { Published } from './operations/published';
import { Publisher } from './operations/publisher';
import { RebuildService } from './operations/rebuild.service';
import { RefusalsService } from './commands/refusals.service';
import { ReplayController } from './operations/replay.controller';
import { ReplayService } from './operations/replay.service';
import { RunningService } from './operations/running.service';
import { Scheduler } from './operations/scheduler';
import { SettingsController } from './organizations/settings.controller';
import { SettingsService } from './organizations/settings.service';
import { SettledJobs } from './commands/settled-jobs';
import { StatementsController } from './reading/statements.controller';
import { VerifyService } from './operations/verify.service';

const MECHANICS = [
  LogService,
  Published,
  LedgerService,
  LifecycleService,
  ParkingService,
  SettledJobs,
  Projections,
  Publisher,
  LagService,
  Scheduler,
  HistorySealer,
  RunningService,
  RebuildService,
  ReplayService,
  VerifyService,
];
const FOR_CALLERS = [
  AdministrationService,
  BalanceService,
  EventsReader,
  GrantsReader,
  HistoryService,
  JobsReader,
  PreviewService,
  RefusalsService,
];
const RECORDS = [
  KeysService,
  OrganizationsService,
  ProjectsService,
  SettingsService,
  DeadLettersService,
  ParkedOrganizations,
  ForeignRecordsService,
];

/** Decides every movement of credits, and serves what is known of them. */
@Module({
  imports: [CatalogModule],
  controllers: [
    LifecycleConsumer,
    OrganizationsController,
    StatementsController,
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
    InternalController,
  ],
  providers: [
    ...MECHANICS,
    ...FOR_CALLERS,
    ...RECORDS,
    policyProvider,
    LocalLedger,
    { provide: LedgerClient, useExisting: LocalLedger },
    { provide: KeyDirectory, useExisting: KeysService },
  ],
  exports: [LedgerClient, KeyDirectory],
})
export class CreditLedgerModule {}
