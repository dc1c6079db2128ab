import { isIP } from 'node:net';

/** Whether only this machine reaches a listener on `host`, an address or a name. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host.toLowerCase() === 'localhost';
  const v4 = host.replace(/^::ffff:(?=\d+\.)/i, '');
  return v4.startsWith('127.') || /^(0*:)*:?0*1$/.test(host);
}
