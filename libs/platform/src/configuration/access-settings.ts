import { hostNames, type Listen, listenOrNone, networks, whole } from '@tallystick/hosting';

/** Where a service in a process of its own has its internal listener, unless TALLY_INTERNAL_LISTEN says otherwise. */
export const INTERNAL_LISTEN: Listen = { host: '127.0.0.1', port: 4401 };

/** Settings of listeners, host names and unknown keys. */
export const ACCESS_SETTINGS = {
  internalListen: listenOrNone({
    name: 'TALLY_INTERNAL_LISTEN',
    purpose:
      'Where `/internal`, `/metrics` and the details of `/health/ready` are served without an operator key: for our own services and for monitoring, never for the world. Unset: none in the standalone form, else 127.0.0.1:4401.',
  }),
  trustedProxies: networks({
    name: 'TALLY_TRUSTED_PROXIES',
    purpose: 'Reverse proxies whose `X-Forwarded-For` says the client’s address. Unset: the client is who connects.',
  }),
  allowedHosts: hostNames({
    name: 'TALLY_ALLOWED_HOSTS',
    purpose:
      'Names by which clients call this server, in addition to loopback (`localhost`, 127.0.0.0/8, ::1). A request with another `Host` is refused (421), so that no web page reaches a loopback listener by DNS rebinding. Unset: no check where others can reach `TALLY_LISTEN`.',
  }),
  unknownKeysPerMinute: whole(
    {
      name: 'TALLY_UNKNOWN_KEYS_PER_MINUTE',
      default: '600',
      purpose:
        'Keys that are not known, by client address and minute; beyond, they are answered 429. Keys that are known are never refused because of others.',
    },
    1,
    1_000_000,
  ),
  unknownKeysBurst: whole(
    {
      name: 'TALLY_UNKNOWN_KEYS_BURST',
      default: '100',
      purpose: 'Keys that are not known, by client address, at once.',
    },
    1,
    1_000_000,
  ),
} as const;
