import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { busContract } from '@tallystick/eventing-testing';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { EmbeddedBus } from './embedded-bus';
import { EmbeddedBusServer } from './embedded-bus-server';

beforeAll(() => Logger.overrideLogger(false));
afterAll(removeTemporaryDirectories);

for (const partitions of [1, 3]) {
  busContract(`The embedded bus, ${partitions} partition(s)`, async () => {
    const bus = await EmbeddedBus.open(join(temporaryDirectory(), 'bus.db'), { partitions });
    const retry = { firstMilliseconds: 2, maxMilliseconds: 10 };
    return { bus, server: (group) => new EmbeddedBusServer(bus, { group, maxBatch: 100, retry }) };
  });
}
