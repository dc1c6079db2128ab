import { Controller, Get, Module, Req } from '@nestjs/common';
import { Open } from '@tallystick/contracts/http';
import type { FastifyRequest } from 'fastify';
import { testApp } from '../../../support/app';
import { clientOf } from './client-address';

@Open()
@Controller('client')
class Client {
  @Get()
  client(@Req() request: FastifyRequest): object {
    return { client: clientOf(request) };
  }
}
@Module({ controllers: [Client] })
class ClientAddressTestModule {}

interface TestConnection {
  readonly from: string;
  readonly forwarded?: string;
  readonly trusted?: string;
}

async function clientBy({ from, forwarded, trusted }: TestConnection): Promise<string> {
  const running = await testApp(
    [ClientAddressTestModule],
    trusted === undefined ? {} : { TALLY_TRUSTED_PROXIES: trusted },
  );
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const answer = await running.app.inject({ url: '/client', remoteAddress: from, headers });
  await running.close();
  return answer.json().client as string;
}

test.each([
  ['an IPv4 address', '203.0.113.7', '203.0.113.7'],
  ['the same, mapped', '::ffff:203.0.113.7', '203.0.113.7'],
  ['an IPv6 address: its network', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['the same network, written otherwise', '2001:0DB8:0001:0002::ffff', '2001:db8:1:2::/64'],
  ['zeros that are left out', '2001:db8::1', '2001:db8:0:0::/64'],
  ['an address of a link', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['this machine', '::1', '0:0:0:0::/64'],
])('%s', async (_, from, client) => {
  expect(await clientBy({ from })).toBe(client);
});

describe('what a proxy says', () => {
  test.each<[string, TestConnection, string]>([
    ['is ignored by default', { from: '10.0.0.1', forwarded: '203.0.113.7' }, '10.0.0.1'],
    ['counts from a trusted one', { from: '10.0.0.1', forwarded: '203.0.113.7', trusted: '10.0.0.0/8' }, '203.0.113.7'],
    [
      'counts from this machine, by name',
      { from: '127.0.0.1', forwarded: '203.0.113.7', trusted: 'loopback' },
      '203.0.113.7',
    ],
    [
      'counts not from another',
      { from: '192.0.2.1', forwarded: '203.0.113.7', trusted: '10.0.0.0/8,fd00::/8' },
      '192.0.2.1',
    ],
    [
      'cannot be forged beyond the last trusted one',
      { from: '10.0.0.1', forwarded: '198.51.100.1, 203.0.113.7, 10.0.0.2', trusted: '10.0.0.0/8' },
      '203.0.113.7',
    ],
    [
      'is no address: the proxy itself counts',
      { from: '10.0.0.1', forwarded: 'unknown', trusted: '10.0.0.0/8' },
      '10.0.0.1',
    ],
  ])('%s', async (_, connection, client) => {
    expect(await clientBy(connection)).toBe(client);
  });
});
