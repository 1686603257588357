import { expect } from "chai";
import { AbiCoder, dataLength, Interface, Transaction } from "ethers";

import type { CallRequest } from "../../../keeper/chain/api";
import { L1FeeReader } from "../../../keeper/chain/l1FeeReader";
import { CallRefusedError, RevertError, WaitError } from "../../../keeper/chain/rpcErrors";
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

/** A contract that answers 5,000, or fails with what a test sets. */
function troubled() {
  const set: { error: Error | undefined } = { error: undefined };
  const guesses: string[] = [];
  const call = (): Promise<string> =>
    set.error === undefined
      ? Promise.resolve(AbiCoder.defaultAbiCoder().encode(["uint256"], [5_000n]))
      : Promise.reject(set.error);
  const reader = new L1FeeReader({ call }, ORACLE, MARKET, 10, (reason) => guesses.push(reason));
  return { reader, set, guesses };
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

  it("goes on with twice the last figure while the contract reverts, or nodes refuse the call (ATK-KPR-18)", async () => {
    const { reader, set, guesses } = troubled();
    expect(await reader.at({ timestamp: 1_000 })).to.deep.equal({ base: 5_000n, perItem: 0n });
    for (const error of [new RevertError("0x", "execution reverted"), new CallRefusedError("wibble")]) {
      set.error = error;
      expect(await reader.at({ timestamp: 2_000 + guesses.length * 60 })).to.deep.equal({ base: 10_000n, perItem: 0n });
    }
    expect(guesses).to.deep.equal(["execution reverted", "wibble"]);
    set.error = undefined;
    expect(await reader.at({ timestamp: 3_000 })).to.deep.equal({ base: 5_000n, perItem: 0n });
  });

  it("takes a high figure, never nothing, where the contract has told nothing yet (ATK-KPR-18)", async () => {
    const { reader, set, guesses } = troubled();
    set.error = new RevertError("0x", "execution reverted");
    expect(await reader.at({ timestamp: 1_000 })).to.deep.equal({
      base: 300_000_000_000_000n,
      perItem: 30_000_000_000_000n,
    });
    expect(guesses).to.have.lengthOf(1);
  });

  it("guesses nothing where too few nodes answer (ATK-KPR-2)", async () => {
    const { reader, set, guesses } = troubled();
    set.error = new WaitError("none answers");
    expect(await rejection(reader.at({ timestamp: 1_000 }))).to.equal(set.error);
    expect(guesses).to.deep.equal([]);
  });

  it("guesses where no node answers to this call once more, and leaves it alone for a minute (ATK-KPR-25)", async () => {
    const { reader, set, guesses } = troubled();
    set.error = new WaitError("no answer within 10 s");
    expect(await rejection(reader.at({ timestamp: 1_000 }))).to.equal(set.error);
    expect((await reader.at({ timestamp: 1_012 })).base).to.equal(300_000_000_000_000n);
    await reader.at({ timestamp: 1_024 });
    expect(guesses).to.have.lengthOf(1);
  });

  it("fails where the contract does not tell", async () => {
    const silent = new L1FeeReader({ call: () => Promise.resolve("0x") }, ORACLE, MARKET, 10);
    expect(String(await rejection(silent.ask()))).to.contain("could not decode result data");
  });
});
