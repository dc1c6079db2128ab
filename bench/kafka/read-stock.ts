import 'reflect-metadata';
import { Controller, Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { JobEndedData } from '@tallystick/contracts/intake';
import { Type } from 'class-transformer';
import { Equals, IsISO8601, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { answer } from '../harness/child';
import { counting, reading, TOPIC } from './counting';

/** The same envelope and data class as in the reader of the product. */
class CompletedEvent {
  @Equals('1.0') specversion!: string;
  @IsString() @Length(1, 1_024) id!: string;
  @IsString() @Length(1, 1_024) source!: string;
  @Equals('tallystick.job.completed') type!: string;
  @IsOptional() @IsISO8601() time?: string;
  @ValidateNested() @Type(() => JobEndedData) data!: JobEndedData;
}

const given = reading();
const { take, read } = counting(given);

@Controller()
class NestHandler {
  @EventPattern(TOPIC, Transport.KAFKA)
  handle(@Payload() { data }: CompletedEvent): void {
    if (data.id !== '') take();
  }
}

@Module({ controllers: [NestHandler] })
class NestReader {}

/** The Kafka transport of Nest. */
answer(async () => {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(NestReader, {
    transport: Transport.KAFKA,
    options: {
      client: { brokers: given.brokers },
      consumer: { groupId: given.group, allowAutoTopicCreation: false },
      subscribe: { fromBeginning: true },
    },
    logger: ['error', 'fatal'],
  });
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
  await app.listen();
  return read;
});
