import { expect } from "chai";
import fc from "fast-check";
import { getAddress, Interface, type FunctionFragment } from "ethers";

import { formatSafeBatch, readSafeBatch, safeBatch, safeBatchSchema } from "../../sdk/safeBatch";

const SAFE = getAddress(`0x${"5a".repeat(20)}`);
const TARGET = getAddress(`0x${"7b".repeat(20)}`);
const ABI = new Interface([
  "function delegate(address delegatee)",
  "function propose(address[] targets, uint256[] values, bytes[] calldatas, string description)",
  "function decide(tuple(uint256 id, uint8 outcome)[] decisions)",
  "function set(bool accepted, int64 change, bytes32 hash)",
  "function poke()",
  "function unnamed(uint256)",
]);
const PURPOSE = {
  chainId: 8453,
  safe: SAFE,
  name: "Two calls",
  description: "what they do",
  createdAt: 1_800_000_000_000,
};

function call(name: string, args: readonly unknown[]) {
  const fragment = ABI.getFunction(name) as FunctionFragment;
  return { to: TARGET, data: ABI.encodeFunctionData(fragment, [...args]), fragment, args };
}

describe("batches for a Safe", () => {
  it("are what the Transaction Builder imports: methods with their values as texts", () => {
    const batch = safeBatch([call("delegate", [SAFE]), call("set", [true, -5n, `0x${"ab".repeat(32)}`])], PURPOSE);
    expect(batch).to.deep.include({ version: "1.0", chainId: "8453", createdAt: 1_800_000_000_000 });
    expect(batch.meta).to.deep.include({ name: "Two calls", createdFromSafeAddress: SAFE });
    expect(batch.transactions).to.deep.equal([
      {
        to: TARGET,
        value: "0",
        data: null,
        contractMethod: {
          name: "delegate",
          payable: false,
          inputs: [{ internalType: "address", name: "delegatee", type: "address" }],
        },
        contractInputsValues: { delegatee: SAFE },
      },
      {
        to: TARGET,
        value: "0",
        data: null,
        contractMethod: {
          name: "set",
          payable: false,
          inputs: [
            { internalType: "bool", name: "accepted", type: "bool" },
            { internalType: "int64", name: "change", type: "int64" },
            { internalType: "bytes32", name: "hash", type: "bytes32" },
          ],
        },
        contractInputsValues: { accepted: "true", change: "-5", hash: `0x${"ab".repeat(32)}` },
      },
    ]);
    expect(() => safeBatchSchema.parse(JSON.parse(formatSafeBatch(batch)))).not.to.throw();
  });

  it("hold calldata where the builder has no form for the arguments", () => {
    const calls = [call("decide", [[[1n, 2n]]]), call("poke", []), call("unnamed", [1n])];
    calls.push(call("propose", [[TARGET], [0n], ["0x"], "[draft] a text that begins like a list"]));
    for (const [index, { data, contractMethod }] of safeBatch(calls, PURPOSE).transactions.entries()) {
      expect(data).to.equal(calls[index]?.data);
      expect(contractMethod).to.equal(undefined);
    }
  });

  it("read back as the calls that they were made of, for any proposal", () => {
    const address = fc
      .bigInt(0n, 2n ** 160n - 1n)
      .map((value) => getAddress(`0x${value.toString(16).padStart(40, "0")}`));
    const bytes = fc.uint8Array({ maxLength: 40 }).map((data) => `0x${Buffer.from(data).toString("hex")}`);
    const calls = fc.array(
      fc.tuple(
        fc.array(address),
        fc.array(fc.bigInt(0n, 2n ** 256n - 1n)),
        fc.array(bytes),
        fc.string({ unit: "grapheme" }),
      ),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(calls, (all) => {
        const made = all.map((args) => call("propose", args));
        const read = readSafeBatch(formatSafeBatch(safeBatch(made, PURPOSE)));
        expect(read).to.deep.equal({ chainId: 8453, calls: made.map(({ to, data }) => ({ to, data, value: 0n })) });
      }),
      { seed: Number(process.env["FC_SEED"] ?? "20261121"), numRuns: 50 },
    );
  });

  it("have a checksum, which does not cover the name: owners may rename a batch, and nothing else", () => {
    const batch = safeBatch([call("delegate", [SAFE])], PURPOSE);
    const renamed = { ...batch, meta: { ...batch.meta, name: "Another name" } };
    expect(readSafeBatch(formatSafeBatch(renamed)).calls).to.have.length(1);
    expect(() => readSafeBatch(formatSafeBatch({ ...batch, chainId: "1" }))).to.throw(/its checksum is of other calls/);
    expect(() => readSafeBatch("{")).to.throw(/^the batch is not JSON/);
    expect(() => readSafeBatch("{}")).to.throw(/^the file is no batch/);
  });
});
