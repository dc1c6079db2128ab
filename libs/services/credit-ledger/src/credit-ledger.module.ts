import { Module } from '@nestjs/common';
import { KeyDirectory, LedgerClient } from '@tallystick/contracts';
import { AdministrationService } from './administration.service';
import { BalanceService } from './balance.service';
import { DeadLettersController } from './dead-letters.controller';
import { DeadLettersService } from './dead-letters.service';
import { EventsReader } from './events-reader';
import { ForeignRecordsController } from './foreign-records.controller';
import { ForeignRecordsService } from './foreign-records.service';
import { GrantsController } from './grants.controller';
import { GrantsReader } from './grants-reader';
import { HistorySealer } from './history-sealer';
import { HistoryService } from './history.service';
import { InternalController } from './internal.controller';
import { JobsReader } from './jobs-reader';
import { KeysController } from './keys.controller';
import { KeysService } from './keys.service';
import { LagService } from './lag.service';
import { LedgerService } from './ledger.service';
import { LogService } from './log.service';
import { LifecycleConsumer } from './lifecycle.consumer';
import { LifecycleService } from './lifecycle.service';
import { LocalLedger } from './local-ledger';
import { OpsController } from './ops.controller';
import { OpsKeysController } from './ops-keys.controller';
import { OrganizationsController } from './organizations.controller';
import { OrganizationsService } from './organizations.service';
import { ParkedOrganizations } from './parked-organizations';
import { ParkedOrganizationsController } from './parked-organizations.controller';
import { ParkingService } from './parking.service';
import { PreviewService } from './preview.service';
import { ProjectsController } from './projects.controller';
import { ProjectsService } from './projects.service';
import { Projections } from './projections';
import { Published } from './published';
import { Publisher } from './publisher';
import { RebuildService } from './rebuild.service';
import { RefusalsService } from './refusals.service';
import { ReplayController } from './replay.controller';
import { ReplayService } from './replay.service';
import { RunningService } from './running.service';
import { Scheduler } from './scheduler';
import { SettingsController } from './settings.controller';
import { SettingsService } from './settings.service';
import { SettledJobs } from './settled-jobs';
import { StatementsController } from './statements.controller';
import { VerifyService } from './verify.service';

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
    LocalLedger,
    { provide: LedgerClient, useExisting: LocalLedger },
    { provide: KeyDirectory, useExisting: KeysService },
  ],
  exports: [LedgerClient, KeyDirectory],
})
export class CreditLedgerModule {}
