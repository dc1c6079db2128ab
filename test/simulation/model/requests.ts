import type { Outcome } from '@tallystick/domain/ledger';
import type { Message, Scenario } from '../scenario';
import type { Submission } from './ledger-model';

const UNIT_PRICE: Readonly<Record<string, number>> = { read: 1, draw: 3 };

/** Credits a page of a job; the two features share one surcharge. */
const unitPrice = ({ job }: Pick<Submission, 'job'>): number =>
  UNIT_PRICE[job.operation!]! + (job.features?.length ? 1 : 0);
export const price = (submission: Pick<Submission, 'job'>): number =>
  submission.job.usage!.pages! * unitPrice(submission);

/** What a job that ended like this is worth; without a usage it is what was submitted. */
export const priceOf = (outcome: Outcome, submission: Submission): number =>
  outcome.kind === 'completed' && outcome.usage ? outcome.usage.pages! * unitPrice(submission) : price(submission);

/** Everything that anybody wanted of an organization: no event may be there without one of these behind it. */
export class Intentions {
  private readonly commands: readonly Message['command'][];

  constructor({ opening, topic, calls }: Scenario) {
    this.commands = [...opening, ...topic, ...calls].map(({ command }) => command);
  }

  of<Type extends Message['command']['type']>(
    type: Type,
    is: (command: Extract<Message['command'], { type: Type }>) => boolean = () => true,
  ) {
    return this.commands.filter(
      (command): command is Extract<Message['command'], { type: Type }> =>
        command.type === type && is(command as never),
    );
  }

  outcomes(jobId: string): Outcome[] {
    return this.of('EndJob', (command) => command.jobId === jobId).map(({ outcome }) => outcome);
  }
}
