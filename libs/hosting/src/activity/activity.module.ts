import { Module } from '@nestjs/common';
import { DueSources } from '../scheduling/due-sources';
import { ActivityRegistry } from './activity-registry';

/** The background work and the due work of the process, over all its services. */
@Module({ providers: [ActivityRegistry, DueSources], exports: [ActivityRegistry, DueSources] })
export class ActivityModule {}
