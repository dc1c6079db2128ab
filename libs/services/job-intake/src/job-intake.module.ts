import { Module } from '@nestjs/common';
import { CatalogModule } from '@tallystick/catalog';
import { CatalogController } from './catalog.controller';
import { DetailsService } from './details.service';
import { EventsController } from './events.controller';
import { EventsService } from './events.service';
import { JobsController } from './jobs.controller';
import { JobsService } from './jobs.service';
import { OutcomesController } from './outcomes.controller';
import { OutcomesService } from './outcomes.service';
import { PreviewController } from './preview.controller';
import { RetentionConsumer } from './retention.consumer';
import { RetentionService } from './retention.service';
import { SubmissionsService } from './submissions.service';

/** Receives jobs and outcomes, over HTTP and as events, and stores the details of jobs. It needs a LedgerClient. */
@Module({
  imports: [CatalogModule],
  controllers: [
    JobsController,
    OutcomesController,
    EventsController,
    PreviewController,
    CatalogController,
    RetentionConsumer,
  ],
  providers: [SubmissionsService, JobsService, OutcomesService, EventsService, DetailsService, RetentionService],
})
export class JobIntakeModule {}
