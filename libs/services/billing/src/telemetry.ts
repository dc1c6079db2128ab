import { Counter, Gauge } from 'prom-client';

export const effectsCarriedOut = new Counter({
  name: 'tallystick_billing_effects_total',
  help: 'Effects of billing that were carried out, by their outcome: done, failed (tried again) or refused (an operator has to look at it).',
  labelNames: ['effect', 'outcome'],
});

export const organizationsWaiting = new Gauge({
  name: 'tallystick_billing_organizations_waiting',
  help: 'Organizations with effects of billing that are not carried out yet; 0 in processes that do not carry out what is left over.',
});
