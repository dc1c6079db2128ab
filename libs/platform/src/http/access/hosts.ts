import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** `localhost`, 127.0.0.0/8 or ::1, also as an IPv4-mapped address; without brackets. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version === 0 ? host.toLowerCase() === 'localhost' : LOOPBACK.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

/** The name in `name:port` or `[::1]:port`: lower case, without brackets and a dot at the end. Undefined if it is not valid. */
export function hostNameOf(authority: string | undefined): string | undefined {
  const [, bracketed, name] =
    /^(?:\[([0-9a-f:.]+)\]|([^\s.:/?#@[\]\\][^\s:/?#@[\]\\]*?)\.?)(?::\d{0,5})?$/.exec(
      authority?.toLowerCase() ?? '',
    ) ?? [];
  return bracketed ?? name;
}
