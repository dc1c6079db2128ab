import { Logger } from '@nestjs/common';
import type { Readiness } from '@tallystick/contracts/http';
import type { RecordStore } from '@tallystick/eventing';
import { type Clock, systemClock } from '@tallystick/runtime';
import { CheckedClock } from '../bootstrap/checked-clock';
import type { Configuration } from '../configuration';
import { SandboxClock } from './sandbox-clock';

/** The clock of the process, as `TALLY_CLOCK` says; unset, the one that the installation has had. */
export async function clockOf(
  configuration: Configuration,
  mayHaveSandbox: boolean,
  records: RecordStore,
  readiness: Readiness,
): Promise<Clock> {
  const kept = mayHaveSandbox ? await SandboxClock.keptIn(records, systemClock) : undefined;
  const { clock = kept === undefined ? 'system' : 'sandbox' } = configuration;
  if (clock === 'sandbox') return new SandboxClock(records, systemClock);
  if (kept !== undefined)
    new Logger('Clock').warn(
      `The sandbox clock of this installation is at ${kept}, but TALLY_CLOCK is system: what has expired by now expires.`,
    );
  return new CheckedClock(configuration, readiness);
}
