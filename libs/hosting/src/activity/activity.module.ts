import { Module } from '@nestjs/common';
import { DueSources } from '../scheduling/due-sources';
import { ActivityRegistry } from './activity-registry';

/** What the process does in the background and on time, over all its services. */
@Module({ providers: [ActivityRegistry, DueSources], exports: [ActivityRegistry, DueSources] })
export class ActivityModule {}
