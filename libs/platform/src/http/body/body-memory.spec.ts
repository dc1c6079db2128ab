import { Problem } from '@tallystick/contracts/http';
import { BodyMemory, type BodyShare } from './body-memory';
import { memoryOf } from './json-body';

const refusal = (act: () => void): Problem | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error as Problem;
  }
};
const add = (share: BodyShare, bytes: number) => refusal(() => share.add(bytes));

describe('the memory for bodies', () => {
  test('what is beyond it is refused with 503 and a time to try again, until others have ended', () => {
    const memory = new BodyMemory(800);
    const [first, second] = [memory.share(false), memory.share(false)];
    expect(add(first, 500)).toBeUndefined();
    expect(add(second, 300)).toBeUndefined();
    expect(add(second, 1)).toMatchObject({ status: 503, code: 'unavailable', members: { retryAfter: 2 } });
    first.release();
    expect(add(second, 500)).toBeUndefined();
  });

  test('a body is refused by its announced length before it is read', () => {
    const memory = new BodyMemory(800);
    memory.share(false).add(500);
    expect(refusal(() => memory.share(false).assertRoom(301))).toMatchObject({ status: 503 });
    expect(refusal(() => memory.share(false).assertRoom(300))).toBeUndefined();
  });

  test('large bodies leave an eighth for small ones', () => {
    const memory = new BodyMemory(800);
    memory.share(false).add(800);
    expect(add(memory.share(false), 1)).toMatchObject({ status: 503 });
    expect(add(memory.share(true), 100)).toBeUndefined();
    expect(add(memory.share(true), 1)).toMatchObject({ status: 503 });
  });

  test('a body that is alone is always accepted', () => {
    const memory = new BodyMemory(800);
    const alone = memory.share(false);
    expect(add(alone, 1_000)).toBeUndefined();
    expect(add(alone, 1_000)).toBeUndefined();
  });

  test('a share is given back once', () => {
    const memory = new BodyMemory(800);
    const [one, other] = [memory.share(false), memory.share(false)];
    one.add(700);
    other.add(100);
    one.release();
    one.release();
    expect(add(memory.share(false), 701)).toMatchObject({ status: 503 });
  });
});

describe('what a body costs when it is parsed', () => {
  const cost = (json: string, depth = 32) => memoryOf(Buffer.from(json), depth);

  test.each([
    ['{}', 2],
    ['{"a":1,"b":[1,2,3]}', 6],
    ['["a,b,[{", "\\",[", "\\\\", 1]', 5],
    ['"[[[["', 1],
    ['"not closed [[[', 1],
    ['"ends with a backslash\\', 1],
    ['', 1],
  ])('%s: %i values', (json, values) => {
    expect(cost(json) / cost('0')).toBe(values);
  });

  test('is bounded: more than 500,000 values of any type are refused', () => {
    for (const value of ['0', '{}', '[]', '""']) {
      const list = (count: number) => `[${Array(count).fill(value).join(',')}]`;
      const size = value === '{}' || value === '[]' ? 2 : 1;
      expect(refusal(() => cost(list(499_000 / size)))).toBeUndefined();
      expect(refusal(() => cost(list(501_000 / size)))).toMatchObject({
        status: 413,
        code: 'body_too_large',
      });
    }
  });

  test('depth is counted without recursion, and only outside texts', () => {
    const nested = (levels: number) => '[{"a":'.repeat(levels / 2) + '}]'.repeat(levels / 2);
    expect(refusal(() => cost(nested(32)))).toBeUndefined();
    expect(refusal(() => cost(nested(34)))).toMatchObject({ status: 422, code: 'invalid_input' });
    expect(refusal(() => cost('['.repeat(5_000_000)))).toMatchObject({ status: 422 });
    expect(refusal(() => cost('[1],'.repeat(1_000)))).toBeUndefined();
  });
});
