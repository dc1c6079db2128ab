import { oneOf } from '@tallystick/hosting';

export const DEMO_SETTINGS = {
  demo: oneOf(
    {
      name: 'TALLY_DEMO',
      default: 'auto',
      purpose:
        'Whether the first start of the standalone form makes a demo organization (`--no-demo`: off). auto: only where `TALLY_LISTEN` is an address that this machine alone reaches, and without a sandbox clock.',
    },
    'auto',
    'on',
    'off',
  ),
} as const;
