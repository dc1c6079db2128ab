import { Injectable } from '@nestjs/common';
import type { BillingListQueryDto, PaymentItem } from '@tallystick/contracts/billing';
import type { Page } from '@tallystick/contracts/http';

/** Payments and charges of an organization. */
@Injectable()
export class PaymentsReader {
  async page(_organizationId: string, _query: BillingListQueryDto): Promise<Page<PaymentItem>> {
    return { data: [], nextCursor: null };
  }
}
