import { Injectable } from '@nestjs/common';
import { malformed, type Answer, type Command, type Ledger } from '@tallystick/domain/ledger';
import type { CommandResult } from '@tallystick/eventing';
import { commandsDecided, CommandService } from '@tallystick/hosting';

/** Decides every movement of credits. */
@Injectable()
export class LedgerService {
  constructor(private readonly commands: CommandService<Ledger, Command, Answer>) {}

  /** Resolves when the decision is durable. */
  async execute(organizationId: string, command: Command): Promise<CommandResult<Answer>> {
    const refusal = malformed(command);
    if (!refusal) return withOriginalRevision(await this.commands.execute(organizationId, command));
    const { revision } = await this.read(organizationId, () => undefined);
    commandsDecided.inc({ command: command.type, answer: refusal.code });
    return { answer: { kind: 'refused', refusal }, revision };
  }

  /** The state at the stream's end; the query must neither keep nor change it. */
  read<T>(
    organizationId: string,
    query: (ledger: Ledger) => T,
  ): Promise<{ readonly value: T; readonly revision: number }> {
    return this.commands.read(organizationId, query);
  }
}

/** For repeated commands, the revision of the original answer if it is higher. */
function withOriginalRevision(result: CommandResult<Answer>): CommandResult<Answer> {
  const original = 'repeated' in result.answer ? (result.answer.repeated?.revision ?? -1) : -1;
  return original > result.revision ? { answer: result.answer, revision: original } : result;
}
