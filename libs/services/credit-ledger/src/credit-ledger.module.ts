import { Module } from '@nestjs/common';
import { KeyDirectory, rpcController } from '@tallystick/contracts/http';
import { KEY_CALLS, LEDGER_CALLS, LedgerClient } from '@tallystick/contracts/ledger';
import { AdministrationService } from './commands/administration.service';
import { BalanceService } from './reading/balance.service';
import { DeadLettersController } from './operations/dead-letters.controller';
import { DeadLettersService } from '@tallystick/hosting';
import { EventsReader } from './reading/events-reader';
import { ForeignRecordsController } from './operations/foreign-records.controller';
import { ForeignRecordsService } from '@tallystick/hosting';
import { GrantsController } from './organizations/grants.controller';
import { GrantsReader } from './organizations/grants-reader';
import { HistorySealer } from '@tallystick/hosting';
import { HistoryService } from './reading/history.service';
import { JobsReader } from './reading/jobs-reader';
import { KeysController } from './keys/keys.controller';
import { KeysService } from './keys/keys.service';
import { LagService } from '@tallystick/hosting';
import { LedgerService } from './commands/ledger.service';
import { LogService } from '@tallystick/hosting';
import { LifecycleConsumer } from './lifecycle/lifecycle.consumer';
import { LifecycleService } from './lifecycle/lifecycle.service';
import { LocalLedger } from './commands/local-ledger';
import { OpsController } from './operations/ops.controller';
import { OpsKeysController } from './keys/ops-keys.controller';
import { OrganizationsController } from './organizations/organizations.controller';
import { OrganizationsService } from './organizations/organizations.service';
import { Quarantine } from '@tallystick/hosting';
import { ParkedOrganizationsController } from './operations/parked-organizations.controller';
import { ParkingService } from '@tallystick/hosting';
import { PreviewService } from './reading/preview.service';
import { ProjectsController } from './organizations/projects.controller';
import { ProjectsService } from './organizations/projects.service';
import { Projections } from '@tallystick/hosting';
import { PublisherCheckpoint } from '@tallystick/hosting';
import { Publisher } from '@tallystick/hosting';
import { RebuildService } from '@tallystick/hosting';
import { RefusalsService } from './commands/refusals.service';
import { ReplayController } from './operations/replay.controller';
import { ReplayService } from '@tallystick/hosting';
import { StreamRunner } from '@tallystick/hosting';
import { Scheduler } from '@tallystick/hosting';
import { SettingsController } from './organizations/settings.controller';
import { SettingsService } from './organizations/settings.service';
import { SettledJobs } from './commands/settled-jobs';
import { StatementsController } from './reading/statements.controller';
import { VerificationService } from '@tallystick/hosting';

const MECHANICS = [
  LogService,
  PublisherCheckpoint,
  LedgerService,
  LifecycleService,
  ParkingService,
  SettledJobs,
  Projections,
  Publisher,
  LagService,
  Scheduler,
  HistorySealer,
  StreamRunner,
  RebuildService,
  ReplayService,
  VerificationService,
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
  Quarantine,
  ForeignRecordsService,
];

/** Decides every movement of credits, and serves what is known of them. */
@Module({
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
    rpcController(LEDGER_CALLS, LocalLedger),
    rpcController(KEY_CALLS, KeysService),
  ],
  providers: [
    ...MECHANICS,
    ...FOR_CALLERS,
    ...RECORDS,
    LocalLedger,
    { provide: LedgerClient, useExisting: LocalLedger },
    { provide: KeyDirectory, useExisting: KeysService },
  ],
  exports: [LedgerClient, KeyDirectory],
})
export class CreditLedgerModule {}
