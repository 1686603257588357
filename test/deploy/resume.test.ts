import { reset, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import hre, { ethers } from "hardhat";

import { type BookStore, bookInMemory } from "../../deploy/book";
import { predictAddresses } from "../../deploy/scene";
import {
  CONTRACTS,
  creations,
  deploy as deployAny,
  deployer,
  dies,
  Killed,
  localParameters,
  mortal,
  TRANSACTIONS as ALL_TRANSACTIONS,
  underCoverage,
} from "./helpers";

/** The local deployment with one seat of the council: the others are seated the same way, and each death costs time. */
const parameters = localParameters(({ disputes }) => {
  disputes.council.length = 1;
});
const TRANSACTIONS = ALL_TRANSACTIONS - localParameters().disputes.council.length + 1;
/** Everything that a deployment sends on a chain that has nothing: its own, and the presigned one tried and sent. */
const SENDS = TRANSACTIONS + 2;

/** Those of them until the factory is there: the presigned one tried, paid for and sent, and the factory. */
const FOUNDATION = 4;

const deploy = (options: Parameters<typeof deployAny>[0] = {}) => deployAny({ parameters, ...options });

async function expectWhole(store: BookStore): Promise<void> {
  const provider = ethers.provider;
  const contracts = store.load()?.contracts ?? {};
  expect(Object.keys(contracts)).to.have.lengthOf(CONTRACTS);
  for (const [name, predicted] of Object.entries(predictAddresses(parameters))) {
    expect(contracts[name]?.address, name).to.equal(predicted);
    expect(await provider.getCode(predicted), name).not.to.equal("0x");
    const receipt = await provider.getTransactionReceipt(contracts[name]?.txHash ?? "");
    expect(receipt?.blockNumber, name).to.equal(contracts[name]?.block);
  }
  const created = await creations(provider);
  expect(created).to.have.lengthOf(CONTRACTS);
  expect(new Set(created)).to.have.property("size", CONTRACTS);
  expect(await provider.getTransactionCount(await deployer()), "transactions of the deployer").to.equal(TRANSACTIONS);
}

describe("a deployment that is killed", () => {
  let start: Awaited<ReturnType<typeof takeSnapshot>>;
  before(async function () {
    if (underCoverage) this.skip();
    await reset(); // other test files may have run on this chain
    start = await takeSnapshot();
  });
  afterEach(async () => {
    await hre.network.provider.send("evm_setIntervalMining", [0]);
    await hre.network.provider.send("evm_setAutomine", [true]);
    await start.restore();
  });

  it("sends as much as these tests kill it at", async () => {
    await dies(deploy({ signer: mortal(await deployer(), { at: SENDS, when: "before" }) }));
    await start.restore();
    const { transactions } = await deploy({
      signer: mortal(await deployer(), { at: SENDS + 1, when: "before" }),
    });
    expect(transactions).to.equal(TRANSACTIONS);
  });

  for (const when of ["before", "after"] as const) {
    it(`goes on by itself to the end, killed ${when} some of what it sends`, async () => {
      for (let at = when === "before" ? 1 : 5; at <= SENDS; at += 8) {
        const book = bookInMemory();
        await dies(deploy({ book, signer: mortal(await deployer(), { at, when }) }));
        await deploy({ book });
        await expectWhole(book);
        await start.restore();
      }
    });
  }

  /**
   * Dies before and after each thing that is to be sent, until nothing is. Returns how often. The first run gets as far as
   * the factory: until then each run tries the presigned transaction first, and so would die of it for ever.
   */
  async function dieAllTheWay(book: BookStore): Promise<number> {
    await dies(deploy({ book, signer: mortal(await deployer(), { at: FOUNDATION, when: "after" }) }));
    for (let deaths = 0; ; deaths++) {
      const death = { at: 1, when: deaths % 2 === 0 ? "before" : "after" } as const;
      const end: unknown = await deploy({ book, signer: mortal(await deployer(), death) }).catch(
        (error: unknown) => error,
      );
      if (!(end instanceof Error)) return deaths;
      expect(end).to.be.instanceOf(Killed);
    }
  }

  it("arrives if each run is killed, before or after the first thing that it sends, and sends nothing twice", async () => {
    const book = bookInMemory();
    expect(await dieAllTheWay(book)).to.be.at.least(2 * (SENDS - FOUNDATION));
    await expectWhole(book);
  });

  it("arrives just so where transactions wait for a block", async () => {
    await hre.network.provider.send("evm_setAutomine", [false]);
    await hre.network.provider.send("evm_setIntervalMining", [15]);
    const book = bookInMemory();
    expect(await dieAllTheWay(book)).to.be.at.least(2 * (SENDS - FOUNDATION));
    await expectWhole(book);
  });

  it("rebuilds a lost address book from the chain", async () => {
    const book = bookInMemory();
    await deploy({ book });
    const rebuilt = bookInMemory();
    const { transactions } = await deploy({ book: rebuilt });
    expect(transactions).to.equal(0);
    expect(rebuilt.load()?.contracts).to.deep.equal(book.load()?.contracts);
    await expectWhole(rebuilt);
  });

  it("is not disturbed by another run with the same key at the same time", async () => {
    const [one, other] = [bookInMemory(), bookInMemory()];
    await Promise.all([deploy({ book: one }), deploy({ book: other })]);
    for (const book of [one, other]) {
      const created = await creations(ethers.provider);
      expect(created).to.have.lengthOf(CONTRACTS);
      expect(Object.keys(book.load()?.contracts ?? {})).to.have.lengthOf(CONTRACTS);
    }
  });
});
