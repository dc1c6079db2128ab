export { billing } from './definition';
export { BillingModule } from './billing.module';
