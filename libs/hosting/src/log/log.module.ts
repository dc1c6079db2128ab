import { Module } from '@nestjs/common';
import { LogService } from './log.service';

/** The log of the process, shared by the stream modules of all services. */
@Module({ providers: [LogService], exports: [LogService] })
export class LogModule {}
