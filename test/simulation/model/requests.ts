import type { Outcome } from '@tallystick/domain/ledger';
import type { ScenarioMessage, Scenario } from '../scenario';
import type { ModelSubmission } from './model-ledger';

const UNIT_PRICE: Readonly<Record<string, number>> = { read: 1, draw: 3 };

/** Credits per page. The two features share one surcharge. */
const unitPrice = ({ job }: Pick<ModelSubmission, 'job'>): number =>
  UNIT_PRICE[job.operation!]! + (job.features?.length ? 1 : 0);
export const price = (submission: Pick<ModelSubmission, 'job'>): number =>
  submission.job.usage!.pages! * unitPrice(submission);

/** The price of a job with this outcome. Without a usage it is the price of the submission. */
export const priceOf = (outcome: Outcome, submission: ModelSubmission): number =>
  outcome.kind === 'completed' && outcome.usage ? outcome.usage.pages! * unitPrice(submission) : price(submission);

/** All commands for an organization. Every event must follow from one of them. */
export class RequestedCommands {
  private readonly commands: readonly ScenarioMessage['command'][];

  constructor({ opening, topic, calls }: Scenario) {
    this.commands = [...opening, ...topic, ...calls].map(({ command }) => command);
  }

  of<Type extends ScenarioMessage['command']['type']>(
    type: Type,
    is: (command: Extract<ScenarioMessage['command'], { type: Type }>) => boolean = () => true,
  ) {
    return this.commands.filter(
      (command): command is Extract<ScenarioMessage['command'], { type: Type }> =>
        command.type === type && is(command as never),
    );
  }

  outcomes(jobId: string): Outcome[] {
    return this.of('EndJob', (command) => command.jobId === jobId).map(({ outcome }) => outcome);
  }
}
