export { scriptedPayments } from './definition';
