import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json';

describe('the vectors of RFC 8785', () => {
  test('3.2.2 and 3.2.3: literals, numbers, strings and the order of members', () => {
    const sample = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(sample)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test('3.2.3: names in the order of their UTF-16 code units', () => {
    const names = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(Object.values(JSON.parse(canonicalJson(names)!) as object)[0]).toBe('One');
    expect(canonicalJson(names)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis",' +
        '"€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
  });

  // Appendix B: the bits of a double, and its text.
  test.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('appendix B: %s is %s', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text);
  });
});

test('for every JSON value it gives what the library gives', () => {
  const json = fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' });
  fc.assert(
    fc.property(json, (value) => expect(canonicalJson(value)).toBe(canonicalize(value))),
    { numRuns: 300 },
  );
  const wide = fc.dictionary(fc.string({ unit: 'binary' }), fc.integer(), { minKeys: 40, maxKeys: 60 });
  fc.assert(fc.property(wide, (value) => expect(canonicalJson(value)).toBe(canonicalize(value))));
});

test('what is not JSON yet is taken as JSON stores it', () => {
  const stored = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
  const value = {
    left: undefined,
    out: Symbol('s'),
    too: () => 1,
    none: [undefined, () => 1, Symbol('s')],
    at: new Date(0),
    no: NaN,
    far: -Infinity,
    zero: -0,
  };
  expect(canonicalJson(value)).toBe(canonicalJson(stored(value)));
  fc.assert(
    fc.property(fc.anything({ withDate: true, withNullPrototype: true }), (anything) => {
      const text = JSON.stringify(anything) as string | undefined;
      expect(canonicalJson(anything)).toBe(text === undefined ? undefined : canonicalJson(JSON.parse(text)));
    }),
    { numRuns: 300 },
  );
  expect(() => canonicalJson({ big: 1n })).toThrow(TypeError);
});

test('half a surrogate pair, which RFC 8785 leaves out, is escaped as ECMAScript does', () => {
  expect(canonicalJson('a\ud800b')).toBe('"a\\ud800b"');
  expect(canonicalJson({ '\udc00': 1 })).toBe('{"\\udc00":1}');
});
