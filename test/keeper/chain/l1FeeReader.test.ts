import { expect } from "chai";
import { AbiCoder, dataLength, Interface, Transaction } from "ethers";

import type { CallRequest } from "../../../keeper/chain/api";
import { L1FeeReader } from "../../../keeper/chain/l1FeeReader";
import { Market__factory } from "../../../typechain-types";
import { rejection } from "./nodes";

const ORACLE = "0x420000000000000000000000000000000000000F";
const MARKET = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const oracle = new Interface(["function getL1Fee(bytes data) view returns (uint256)"]);

/** A contract that charges for the transactions that it is asked about, and remembers those. */
function asked(feeOf: (transaction: Transaction, serialized: string) => bigint) {
  const transactions: Transaction[] = [];
  const call = ({ to, data }: CallRequest): Promise<string> => {
    expect(to).to.equal(ORACLE);
    const serialized = String(oracle.decodeFunctionData("getL1Fee", data)[0]);
    const transaction = Transaction.from(serialized);
    transactions.push(transaction);
    return Promise.resolve(AbiCoder.defaultAbiCoder().encode(["uint256"], [feeOf(transaction, serialized)]));
  };
  return { transactions, reader: new L1FeeReader({ call }, ORACLE, MARKET, 10) };
}

const leasesOf = ({ data }: Transaction): readonly bigint[] => {
  const [ids] = Market__factory.createInterface().decodeFunctionData("expire", data);
  return ids as bigint[];
};

describe("L1FeeReader", () => {
  it("learns from two batches what a transaction costs, and each lease more in it, rounded up", async () => {
    const { reader, transactions } = asked((transaction) => 5_000n + 7n * BigInt(leasesOf(transaction).length));
    expect(await reader.ask()).to.deep.equal({ base: 5_000n, perItem: 7n });
    expect(transactions.map((transaction) => leasesOf(transaction).length)).to.deep.equal([1, 101]);

    const least = asked((transaction) => (leasesOf(transaction).length === 1 ? 5_000n : 5_001n));
    expect(await least.reader.ask()).to.deep.equal({ base: 4_999n, perItem: 1n });
    expect(await asked(() => 5_000n).reader.ask()).to.deep.equal({ base: 5_000n, perItem: 0n });
    expect(await asked(() => 0n).reader.ask()).to.deep.equal({ base: 0n, perItem: 0n });
  });

  it("shows whole transactions of this chain to this market, of leases that are all different", async () => {
    const { reader, transactions } = asked((_, serialized) => BigInt(dataLength(serialized)));
    const { base, perItem } = await reader.ask();
    expect(perItem).to.equal(33n); // an id is a word of calldata; and two bytes more for the length of 101, rounded up
    expect(base > 100n && base < 250n, String(base)).to.equal(true);
    for (const { chainId, to, type } of transactions) expect([chainId, to, type]).to.deep.equal([10n, MARKET, 2]);
    expect(new Set(leasesOf(transactions[1]!)).size).to.equal(101);
  });

  it("asks again after a minute of the chain, and where a fork turned its clock back", async () => {
    const { reader, transactions } = asked(() => BigInt(transactions.length));
    for (const [timestamp, calls] of [
      [1_000, 2],
      [1_059, 2],
      [1_060, 4],
      [1_001, 4],
      [1_000, 6],
    ] as const) {
      await reader.at({ timestamp });
      expect(transactions.length, `at ${timestamp}`).to.equal(calls);
    }
  });

  it("fails where the contract does not tell", async () => {
    const silent = new L1FeeReader({ call: () => Promise.resolve("0x") }, ORACLE, MARKET, 10);
    expect(String(await rejection(silent.ask()))).to.contain("could not decode result data");
  });
});
