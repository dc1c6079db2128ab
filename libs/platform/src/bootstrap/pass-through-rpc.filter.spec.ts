import { Logger } from '@nestjs/common';
import { Problem } from '@tallystick/contracts/http';
import { BusUnavailable, StoreUnavailable } from '@tallystick/eventing';
import { lastValueFrom } from 'rxjs';
import { PassThroughRpcFilter } from './pass-through-rpc.filter';

const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
beforeEach(() => log.mockClear());

const thrown = (error: unknown) => lastValueFrom(new PassThroughRpcFilter().catch(error)).catch((it: unknown) => it);

test.each([
  new StoreUnavailable('The store is away.'),
  new BusUnavailable('Kafka is away.'),
  new Problem(503, 'unavailable', 'The ledger cannot be asked.'),
])('a transient error is passed to the bus, which logs it: %s', async (error) => {
  expect(await thrown(error)).toBe(error);
  expect(log).not.toHaveBeenCalled();
});

test.each([new TypeError('x is undefined'), new Problem(404, 'not_found', 'There is none.'), 'a text'])(
  'a bug goes there as well, and its stack into the log: %s',
  async (error) => {
    expect(await thrown(error)).toBe(error);
    expect(log).toHaveBeenCalledWith(error, expect.stringContaining('bug'));
  },
);
