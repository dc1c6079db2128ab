import { Module, type DynamicModule, type FactoryProvider, type Provider, type Type } from '@nestjs/common';
import { Bus, RecordStore } from '@tallystick/eventing';
import { SystemClock } from '@tallystick/runtime';
import { ActivityModule } from '../activity/activity.module';
import { CommandService } from '../commands/command.service';
import { DeadLetters } from '../dead-letters/dead-letters';
import { LogModule } from '../log/log.module';
import { StreamLog } from '../log/stream-log';
import { LagService } from '../projections/lag.service';
import { ProjectedRevisions } from '../projections/projected-revisions';
import { Projections } from '../projections/projections';
import { RebuildService } from '../projections/rebuild.service';
import { ReplayService } from '../projections/replay.service';
import { Publisher } from '../publishing/publisher';
import { PublisherCheckpoint } from '../publishing/publisher-checkpoint';
import { ForeignRecordsService } from '../quarantine/foreign-records.service';
import { ParkingService } from '../quarantine/parking.service';
import { Quarantine } from '../quarantine/quarantine';
import { Scheduler } from '../scheduling/scheduler';
import { HistorySealer } from '../sealing/history-sealer';
import { VerificationService } from '../verification/verify.service';
import { STREAM, Stream } from './stream';
import type { RecordedFact, StreamCommand, StreamDefinition } from './stream-definition';
import { StreamActivities } from './stream-activities';
import { StreamRunner } from './stream-runner';

const PUBLIC = [
  CommandService,
  ForeignRecordsService,
  ParkingService,
  ProjectedRevisions,
  Projections,
  Quarantine,
  RebuildService,
  ReplayService,
  VerificationService,
];
const INTERNAL = [
  HistorySealer,
  LagService,
  Publisher,
  PublisherCheckpoint,
  Scheduler,
  StreamActivities,
  StreamLog,
  StreamRunner,
];

interface AsyncStream<
  State,
  Command extends StreamCommand,
  Event extends RecordedFact,
  Answer,
  Fact extends RecordedFact,
> {
  readonly imports?: readonly Type[];
  /** Dependencies of the factory, for example an index. The module exports them. */
  readonly providers?: readonly (Type | FactoryProvider)[];
  readonly inject: FactoryProvider['inject'];
  readonly useFactory: (...dependencies: never[]) => StreamDefinition<State, Command, Event, Answer, Fact>;
}

/**
 * Runs one category of streams: commands, views, publishing, due rules, quarantine and dead letters, replay and verification.
 * Each service imports its own, and gets its instances; only the log is shared by all categories of a process.
 */
@Module({})
export class StreamModule {
  static for<
    State,
    Command extends StreamCommand,
    Event extends RecordedFact,
    Answer,
    Fact extends RecordedFact = Event,
  >(definition: StreamDefinition<State, Command, Event, Answer, Fact>): DynamicModule {
    return this.forAsync({ inject: [], useFactory: () => definition });
  }

  /** For a definition that depends on injected values, such as settings. */
  static forAsync<State, Command extends StreamCommand, Event extends RecordedFact, Answer, Fact extends RecordedFact>({
    imports = [],
    providers = [],
    inject = [],
    useFactory,
  }: AsyncStream<State, Command, Event, Answer, Fact>): DynamicModule {
    const stream: Provider = {
      provide: STREAM,
      inject,
      useFactory: (...dependencies: unknown[]) => Stream.of(useFactory(...(dependencies as never[]))),
    };
    return {
      module: StreamModule,
      imports: [ActivityModule, LogModule, ...imports],
      providers: [stream, DEAD_LETTERS, ...providers, ...PUBLIC, ...INTERNAL],
      exports: [ActivityModule, DeadLetters, ...providers.map((it) => ('provide' in it ? it.provide : it)), ...PUBLIC],
    };
  }
}

/** Undefined for a category without an inbox. */
const DEAD_LETTERS: FactoryProvider<DeadLetters | undefined> = {
  provide: DeadLetters,
  inject: [STREAM, Bus, RecordStore, SystemClock],
  useFactory: (
    { collections, definition: { inbox: topic } }: Stream,
    bus: Bus,
    records: RecordStore,
    clock: SystemClock,
  ) =>
    topic === undefined
      ? undefined
      : new DeadLetters({ topic, bus, records, collection: collections['handled-dead-letters'], clock }),
};
