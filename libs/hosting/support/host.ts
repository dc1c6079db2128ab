import { Global, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Readiness } from '@tallystick/contracts/http';
import {
  Bus,
  EventStore,
  RecordStore,
  ViewStore,
  type Message,
  type ReceivedMessage,
  type Table,
} from '@tallystick/eventing';
import { InMemoryEventStore, InMemoryRecordStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import { Clock, pause, SystemClock, systemClock } from '@tallystick/runtime';
import { CommandService, CONFIGURATION, InstallationMode, Projections, StreamModule } from '../src';
import { ALARM_CLOCK, type AlarmCommand, type AlarmsDefinition } from './alarms';

/** A clock whose time changes only when it is set. While it is set to `undefined` it refuses to be read. */
export class SetClock extends Clock {
  constructor(public time: number | undefined) {
    super();
  }
  override now(): number {
    if (this.time === undefined) throw new Error('The clock has stepped.');
    return this.time;
  }
  override startAfter(): void {}
}

/** Keeps what was published. It takes no message while `isDown`. */
export class PublishedMessages extends Bus {
  readonly messages: (Message & { readonly topic: string })[] = [];
  attempts = 0;
  isDown = false;
  override async publish(topic: string, messages: readonly Message[]): Promise<void> {
    this.attempts += 1;
    if (this.isDown) throw new Error('The bus does not answer.');
    for (const message of messages) this.messages.push({ ...message, topic });
  }
  override async browse(): Promise<readonly ReceivedMessage[]> {
    return [];
  }
  override async partitions(): Promise<number> {
    return 0;
  }
  override async close(): Promise<void> {}

  get values(): readonly Record<string, unknown>[] {
    return this.messages.map(({ value }) => JSON.parse(Buffer.from(value).toString()) as Record<string, unknown>);
  }
}

/** A view store whose lease another process has. */
export class ViewsOfFollower extends InMemoryViewStore {
  override acquireLease(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  override async waitForCommit(_tables: readonly Table[], position: number, signal: AbortSignal): Promise<number> {
    await pause(10, signal);
    return position;
  }
}

export class HostStores {
  records = new InMemoryRecordStore();
  bus = new PublishedMessages();
  clock = new SetClock(Date.parse('2026-01-01T00:00:00.000Z'));
  constructor(
    readonly events = new InMemoryEventStore(),
    readonly views = new InMemoryViewStore(),
  ) {}
}

const LIMITS = {
  snapshotEvery: 1_000,
  cachedOrganizations: 1_000,
  sealEventsPerSecond: 1_000,
  readWaitMilliseconds: 5_000,
  patienceMilliseconds: 4_500,
  maxViewLagSeconds: 30,
};

@Global()
@Module({})
class StoresModule {
  static of({ events, views, records, bus, clock }: HostStores): DynamicModule {
    const providers = [
      { provide: EventStore, useValue: events },
      { provide: ViewStore, useValue: views },
      { provide: RecordStore, useValue: records },
      { provide: Bus, useValue: bus },
      { provide: Clock, useValue: clock },
      { provide: SystemClock, useValue: systemClock },
      { provide: Readiness, useValue: { add: () => undefined } },
      { provide: CONFIGURATION, useValue: LIMITS },
      { provide: InstallationMode, useClass: InstallationMode },
    ];
    return { module: StoresModule, providers, exports: providers.map(({ provide }) => provide) };
  }
}

/** Starts one process with the stream module of a category on the given stores. Close it. */
export async function host(stores: HostStores, definition: AlarmsDefinition = ALARM_CLOCK) {
  @Module({ imports: [StoresModule.of(stores), StreamModule.for(definition)] })
  class HostModule {}
  const app = await NestFactory.createApplicationContext(HostModule, { logger: false, abortOnError: false });
  const commands: CommandService<unknown, AlarmCommand, string> = app.get(CommandService);
  const projections = app.get(Projections);
  return {
    app,
    commands,
    /** Executes a command and waits until the views have its events. */
    execute: async (id: string, command: AlarmCommand) => {
      const { answer, revision } = await commands.execute(id, command);
      await projections.caughtUp(id, revision);
      return answer;
    },
  };
}

/** Waits until `holds` returns true. */
export async function until(holds: () => boolean | Promise<boolean>, milliseconds = 15_000): Promise<void> {
  const end = systemClock.monotonic() + milliseconds;
  while (!(await holds())) {
    if (systemClock.monotonic() > end) throw new Error(`Not true within ${milliseconds} ms: ${holds.toString()}`);
    await pause(5);
  }
}
