import { AmbiguousAppend } from '@tallystick/eventing';
import { anEvent, eventStoreContract, wholeLog } from './event-store.contract';
import { type Fault, InMemoryEventStore } from './in-memory-event-store';

eventStoreContract('The in-memory store', async () => new InMemoryEventStore());

describe('The in-memory store has the weak rules of EventStoreDB', () => {
  const store = new InMemoryEventStore();
  const [first, second] = [anEvent(), anEvent()];

  it('does not look at ids where the revision is the current one', async () => {
    await store.append('a-1', -1, [first]);
    expect(await store.append('a-1', 0, [first])).toBe(1);
  });
  it('takes the same ids at an old revision for a repetition', async () => {
    expect(await store.append('a-1', -1, [first])).toBe(0);
    expect(await wholeLog(store)).toHaveLength(2);
  });
  it('refuses other ids at an old revision', () =>
    expect(store.append('a-1', -1, [second])).rejects.toThrow('not at -1'));
});

describe('The faults of the in-memory store', () => {
  const withFault = (fault: Fault) => {
    const faults: (Fault | undefined)[] = [fault];
    return new InMemoryEventStore(() => faults.shift());
  };
  it.each([
    ['lost', 0, 0],
    ['stored then lost', 1, 1],
    ['stored later', 0, 1],
  ] as const)('%s: %i stored at first, %i in the end', async (fault, atFirst, inTheEnd) => {
    const store = withFault(fault);
    await expect(store.append('a-1', -1, [anEvent()])).rejects.toBeInstanceOf(AmbiguousAppend);
    expect(await wholeLog(store)).toHaveLength(atFirst);
    store.arriveLate();
    expect(await wholeLog(store)).toHaveLength(inTheEnd);
  });
});
