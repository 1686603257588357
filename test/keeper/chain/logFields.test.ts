import { expect } from "chai";
import { getAddress, Interface, toBeHex } from "ethers";
import fc from "fast-check";

import { LogFields } from "../../../keeper/chain/logFields";
import { SEED } from "../core/facts";

const contract = new Interface([
  "event Plain(uint256 indexed a, address indexed b, uint256 c, address d, bytes32 e)",
  "event Struct(uint256 indexed a, tuple(address x, uint16 y, tuple(uint8 p, uint32 q) z) b, uint256 c)",
  "event Arrays(uint64[] a, uint256 b, uint8[2] c, uint256 d, string e, uint64[] f)",
]);
const fieldsOf = (name: string): LogFields => {
  const fragment = contract.getEvent(name);
  if (fragment === null) throw new Error(`no event ${name}`);
  return new LogFields(fragment);
};
const logOf = (name: string, values: readonly unknown[]) => contract.encodeEventLog(name, values);

describe("LogFields", () => {
  const uint = (bits: bigint) => fc.bigInt(0n, 2n ** bits - 1n);
  const address = uint(160n).map((value) => getAddress(toBeHex(value, 20)));

  it("reads what ethers wrote, topics, structs and arrays, wherever the words stand", () => {
    const [plain, struct, arrays] = [fieldsOf("Plain"), fieldsOf("Struct"), fieldsOf("Arrays")];
    const property = fc.property(
      fc.tuple(uint(256n), address, uint(256n), address, uint(256n)),
      fc.tuple(uint(16n), uint(8n), uint(32n)),
      fc.tuple(fc.array(uint(64n), { maxLength: 5 }), fc.array(uint(64n), { maxLength: 5 })),
      ([a, b, c, d, e], [y, p, q], [first, last]) => {
        const one = logOf("Plain", [a, b, c, d, toBeHex(e, 32)]);
        expect([plain.natural(one, "a"), plain.natural(one, "c"), plain.natural(one, "e")]).to.deep.equal([a, c, e]);
        expect([plain.address(one, "b"), plain.address(one, "d")]).to.deep.equal([b, d]);
        const two = logOf("Struct", [a, [b, y, [p, q]], c]);
        expect(struct.address(two, "b.x")).to.equal(b);
        const parts = ["b.y", "b.z.p", "b.z.q", "c"].map((field) => struct.natural(two, field));
        expect(parts).to.deep.equal([y, p, q, c]);
        const three = logOf("Arrays", [first, a, [p, p], c, "text", last]);
        expect([arrays.count(three, "a"), arrays.count(three, "f")]).to.deep.equal([first.length, last.length]);
        expect([arrays.natural(three, "b"), arrays.natural(three, "d")]).to.deep.equal([a, c]);
      },
    );
    fc.assert(property, { seed: SEED, numRuns: 100 });
  });

  it("fails where a node left topics or data out, and does not make something up (ATK-KPR-2)", () => {
    const fields = fieldsOf("Plain");
    const { topics, data } = logOf("Plain", [1, toBeHex(2, 20), 3, toBeHex(4, 20), toBeHex(5, 32)]);
    expect(() => fields.natural({ topics: topics.slice(0, 1), data }, "a")).to.throw("lacks topics");
    expect(() => fields.natural({ topics, data: data.slice(0, -2) }, "e")).to.throw("lacks data");
    expect(() => fields.natural({ topics, data: "0x" }, "c")).to.throw("lacks data");
    expect(() => fields.natural({ topics, data }, "z")).to.throw("Plain has no field z");
  });
});
