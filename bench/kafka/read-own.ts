import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload } from '@nestjs/microservices';
import { KafkaBusServer } from '@tallystick/adapters/kafka';
import type { ReceivedMessage } from '@tallystick/eventing';
import { readLifecycle } from '@tallystick/services/credit-ledger';
import { answer } from '../harness/child';
import { counting, reading, TOPIC } from './counting';

const given = reading();
const { take, read } = counting(given);
const LIMITS = { maxAheadSeconds: 600 };

@Controller()
class TallystickHandler {
  @EventPattern(TOPIC, { batch: true })
  handle(@Payload() messages: readonly ReceivedMessage[]): void {
    const now = Date.now();
    let good = 0;
    for (const message of messages) if (readLifecycle(message, now, LIMITS).ok) good += 1;
    take(good);
  }
}

@Module({ controllers: [TallystickHandler] })
class TallystickReader {}

/** The transport strategy and decoding of the ledger, without processing. */
answer(async () => {
  const { brokers, group } = given;
  const app = await NestFactory.createMicroservice(TallystickReader, {
    strategy: new KafkaBusServer({ brokers }, { group }),
    logger: ['error', 'fatal'],
  });
  await app.listen();
  return read;
});
