import { Injectable } from '@nestjs/common';
import { ParkingService, RebuildService } from '@tallystick/hosting';

/** Steps of operators on the streams and views of one category. */
@Injectable()
class CategoryOperations {
  constructor(
    readonly parking: ParkingService,
    readonly rebuilds: RebuildService,
  ) {}
}

// A token for each category: the services of hosting have the same tokens in both.

@Injectable()
export class SubscriptionOperations extends CategoryOperations {}

@Injectable()
export class DocumentOperations extends CategoryOperations {}
