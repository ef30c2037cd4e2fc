// Write canonical_json.json: `node tests/conformance/vectors/make_canonical_json.mjs`.
// RFC 8785 defines its form by ECMAScript's JSON.stringify for strings and numbers and its sort for keys, so an ECMAScript engine is the independent opinion.
import { writeFileSync } from "node:fs";

// Objects are written here and not by JSON.stringify, because an ECMAScript object moves keys that look like numbers to its front.
const canonical = (value) =>
  Array.isArray(value)
    ? `[${value.map(canonical).join(",")}]`
    : value && typeof value === "object"
      ? `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`
      : JSON.stringify(value);

let state = 20260101;
const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
const bits = new DataView(new ArrayBuffer(8));
const numbers = [0, -0, 1, -1, 0.1, 0.5, 1e-7, 1e-6, 1e-5, 1.5e-6, 123e-8, 1e15, 1e16, 1.5e16, 1e20, 1e21, 1.5e21, 999999999999999900000, 5e-324, 1.7976931348623157e308,
  2.2250738585072014e-308, 9007199254740991, 9007199254740992.5, 0.000001, 0.0001, 0.00012345, 123456789.125, 4.35, 1 / 3, -1 / 3, 1e100, 333333333.33333329];
while (numbers.length < 400) {
  bits.setUint32(0, next());
  bits.setUint32(4, next());
  const number = bits.getFloat64(0);
  if (Number.isFinite(number)) numbers.push(number);
}
for (let turn = 0; turn < 300; turn++) numbers.push(((next() % 2000001) - 1000000) * 10 ** ((next() % 50) - 25));

// A number goes into the vectors as the hexadecimal of its bits, so that no decimal parser stands between.
const hex = (number) => {
  bits.setFloat64(0, number);
  return bits.getUint32(0).toString(16).padStart(8, "0") + bits.getUint32(4).toString(16).padStart(8, "0");
};
const values = [
  null, true, false, "", [], {}, [[], {}, [{}]], { b: 1, a: [1, { d: null, c: "x" }] },
  "\u0000\u0001\u0007\b\t\n\u000b\f\r\u001f\u007f\u0080\u2028\u2029\ufeff\uffff", '"\\/', "é€😀 ", { "/": 1, A: 2, Z: 3, _: 4, a: 5, aa: 6, "a b": 7, "": 8, "~": 9, 10: 10, 9: 9 },
  { text: "Ærøskøbing", list: ["1", 1, true, null], nested: { z: { y: { x: [] } } } },
];
writeFileSync(
  new URL("canonical_json.json", import.meta.url),
  JSON.stringify(
    {
      source: "RFC 8785 s.3.2; expected values by ECMAScript's JSON.stringify (make_canonical_json.mjs)",
      numbers: numbers.map((number) => ({ bits: hex(number), canonical: JSON.stringify(number) })),
      values: values.map((value) => ({ value, canonical: canonical(value) })),
    },
    null,
    1,
  ) + "\n",
);
