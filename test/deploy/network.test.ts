import {
  mine,
  reset,
  setBalance,
  setNextBlockBaseFeePerGas,
  takeSnapshot,
} from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type Filter, parseUnits, type Provider, type Signer } from "ethers";
import hre, { ethers } from "hardhat";

import { bookInMemory } from "../../deploy/book";
import type { Cost } from "../../deploy/cost";
import { CREATE2_PROXY } from "../../deploy/create3";
import { renderProgress } from "../../deploy/report";
import type { Parameters } from "../../deploy/parameters";
import type { Progress } from "../../deploy/progress";
import {
  behaving,
  CONTRACTS,
  creations,
  deploy,
  deployer,
  dies,
  localParameters,
  mortal,
  stopped,
  TRANSACTIONS,
  underCoverage,
} from "./helpers";

/** An answer of a node. */
function refusal(message: string): Error & { code: string } {
  return Object.assign(new Error(message), { code: "SERVER_ERROR" });
}

async function automine(on: boolean): Promise<void> {
  await hre.network.provider.send("evm_setAutomine", [on]);
}

/** The deployer, connected through a node that behaves otherwise. */
async function throughNode(change: (provider: Provider) => Partial<Provider>): Promise<Signer> {
  const signer = await deployer();
  return behaving<Signer>(signer, { provider: behaving<Provider>(signer.provider, change(signer.provider)) });
}

/** Shorter than a network file may say. */
const impatient: Parameters = {
  ...localParameters(),
  transactions: { confirmations: 1, stuckAfter: 0.2, maxFeePerGas: parseUnits("500", "gwei") },
};

describe("a deployment on a difficult network", () => {
  let start: Awaited<ReturnType<typeof takeSnapshot>>;
  before(async function () {
    if (underCoverage) this.skip();
    await reset(); // other test files may have run on this chain
    start = await takeSnapshot();
  });
  afterEach(async () => {
    await automine(true);
    await start.restore();
  });

  describe("pending transactions", () => {
    it("waits for what an earlier run left pending instead of sending it again", async () => {
      const book = bookInMemory();
      await deploy({ book, signer: mortal(await deployer(), { at: 6, when: "before" }) }).catch(() => undefined);
      await automine(false);
      await dies(deploy({ book, signer: mortal(await deployer(), { at: 1, when: "after" }) }));

      const told: Progress[] = [];
      const waited = deploy({
        book,
        onProgress(progress) {
          told.push(progress);
          if (progress.type === "waiting") void automine(true).then(() => mine());
        },
      });
      await waited;
      expect(told.filter(({ type }) => type === "waiting")).to.have.lengthOf(1);
      expect(told.filter(({ type }) => type === "replacing")).to.have.lengthOf(0);
      expect(await creations(ethers.provider)).to.have.lengthOf(CONTRACTS);
      expect(await ethers.provider.getTransactionCount(await deployer())).to.equal(TRANSACTIONS);
    });

    it("replaces what is stuck, with the same nonce and a higher fee, so that it is mined once", async () => {
      const book = bookInMemory();
      await deploy({ book, signer: mortal(await deployer(), { at: 6, when: "before" }) }).catch(() => undefined);
      await automine(false);
      await dies(deploy({ book, parameters: impatient, signer: mortal(await deployer(), { at: 1, when: "after" }) }));
      const nonce = await ethers.provider.getTransactionCount(await deployer());

      const told: Progress[] = [];
      await deploy({
        book,
        parameters: impatient,
        onProgress(progress) {
          told.push(progress);
          // The node takes a while for the first replacement, too.
          const replacements = told.filter(({ type }) => type === "replacing").length;
          if (progress.type === "sent" && replacements === 2) void automine(true).then(() => mine());
        },
      });
      const replaced = told.flatMap((progress) => (progress.type === "replacing" ? [progress] : []));
      expect(replaced.map((progress) => progress.nonce)).to.deep.equal([nonce, nonce]);
      expect(replaced[1]!.maxFeePerGas).to.be.greaterThan(replaced[0]!.maxFeePerGas);
      expect(await creations(ethers.provider)).to.have.lengthOf(CONTRACTS);
      expect(await ethers.provider.getTransactionCount(await deployer())).to.equal(TRANSACTIONS);
    });

    it("gives up, saying what to do, where no block is made", async () => {
      await automine(false);
      const signer = await deployer();
      const told: Progress[] = [];
      const onProgress = (progress: Progress): void => void told.push(progress);
      const error = await stopped(deploy({ parameters: impatient, signer, onProgress, tellEvery: 0.1 }), "NOT_MINED");
      expect(error.what).to.contain('for "create2 proxy" is still not mined, however often its fee was raised');
      const waits = told.filter(({ type }) => type === "working").map(renderProgress);
      expect(waits.join("\n")).to.match(/still at create2 proxy, since \d+s: 0x[0-9a-f]{64} is not in a block yet/);
      expect(told.at(-1)).to.deep.equal({ type: "failed", step: "create2 proxy" });
      expect(error.next).to.contain("check that the chain makes blocks");
    });

    it("survives a connection that breaks after the node took the transaction", async () => {
      const signer = await deployer();
      let sends = 0;
      const flaky = behaving<Signer>(signer, {
        async sendTransaction(transaction) {
          const response = await signer.sendTransaction(transaction);
          if (++sends % 2 === 0) throw refusal("socket hang up");
          return response;
        },
      });
      const book = bookInMemory();
      await deploy({ signer: flaky, book });
      expect(await ethers.provider.getTransactionCount(signer)).to.equal(TRANSACTIONS);
      expect(Object.keys(book.load()?.contracts ?? {})).to.have.lengthOf(CONTRACTS);
    });
  });

  describe("confirmations", () => {
    const careful = localParameters((input) => {
      input.transactions = { confirmations: 4, stuckAfter: "2 s" };
    });

    it("records nothing that is not deep enough, so that a reorganisation costs nothing", async () => {
      const book = bookInMemory();
      const signer = await deployer();
      await dies(deploy({ book, parameters: careful, signer: mortal(signer, { at: 7, when: "before" }) }));
      const before = await takeSnapshot();
      await dies(deploy({ book, parameters: careful, signer: mortal(signer, { at: 4, when: "before" }) }));
      expect(book.load()?.contracts).to.deep.equal({});
      await before.restore();

      const finished = deploy({
        book,
        parameters: careful,
        onProgress: (progress) => void (progress.type === "confirming" && mine(4)),
      });
      await finished;
      expect(Object.keys(book.load()?.contracts ?? {})).to.have.lengthOf(CONTRACTS);
      expect(await creations(ethers.provider)).to.have.lengthOf(CONTRACTS);
    });

    it("does again what the chain loses while it waits", async () => {
      const book = bookInMemory();
      let lost = false;
      const early: { snapshot?: Awaited<ReturnType<typeof takeSnapshot>> } = {};
      let mined = 0;
      const work = deploy({
        book,
        parameters: careful,
        onProgress(progress) {
          if (progress.type === "confirming" && !lost) {
            lost = true;
            void early.snapshot?.restore().then(() => mine(TRANSACTIONS));
          } else if (progress.type === "confirming") {
            void mine(4);
          }
        },
        signer: behaving<Signer>(await deployer(), {
          async sendTransaction(transaction) {
            if (++mined === 7) early.snapshot = await takeSnapshot();
            return (await deployer()).sendTransaction(transaction);
          },
        }),
      });
      const { transactions } = await work;
      expect(lost).to.equal(true);
      expect(transactions).to.be.greaterThan(TRANSACTIONS);
      expect(await creations(ethers.provider)).to.have.lengthOf(CONTRACTS);
      for (const { txHash, block } of Object.values(book.load()?.contracts ?? {})) {
        expect((await ethers.provider.getTransactionReceipt(txHash))?.blockNumber).to.equal(block);
      }
    });

    it("says so where blocks come only with transactions", async () => {
      const hasty = { ...impatient, transactions: { ...impatient.transactions, confirmations: 2 } };
      const told: string[] = [];
      const onProgress = (progress: Progress): void => void told.push(renderProgress(progress).trim());
      const error = await stopped(deploy({ parameters: hasty, onProgress }), "NOT_MINED");
      expect(error.next).to.contain("set transactions.confirmations to 1");
      const from = told.findIndex((line) => line.startsWith("confirmation"));
      expect(told[from]).to.equal("confirmation 1 of 2");
      expect(told[from + 1]).to.equal(
        "no block for 0s. A chain that makes blocks for transactions only confirms nothing by itself: make blocks (on " +
          "anvil: cast rpc anvil_mine), or stop and set transactions.confirmations to 1 in the network file",
      );
      expect(told.slice(from + 2)).to.deep.equal(["stopped  confirmations"]);
    });

    it("counts them", async () => {
      const told: string[] = [];
      await deploy({
        parameters: careful,
        onProgress(progress) {
          if (progress.type !== "confirming") return;
          told.push(renderProgress(progress).trim());
          void mine(1);
        },
      });
      expect(told).to.deep.equal(["confirmation 1 of 4", "confirmation 2 of 4", "confirmation 3 of 4"]);
    });
  });

  describe("fees and funds", () => {
    it("stops where the base fee is above the limit of the network file", async () => {
      await deploy({ signer: mortal(await deployer(), { at: 6, when: "before" }) }).catch(() => undefined);
      await setNextBlockBaseFeePerGas(parseUnits("30", "gwei"));
      await mine();
      const capped = localParameters((input) => {
        input.transactions.maxFeePerGas = "10 gwei";
      });
      const error = await stopped(deploy({ parameters: capped }), "FEES_TOO_HIGH");
      expect(error.what).to.contain("10000000000");
    });

    it("never offers more than the limit of the network file", async () => {
      const capped = localParameters((input) => {
        input.transactions.maxFeePerGas = "1.6 gwei";
      });
      const { book } = await deploy({ parameters: capped });
      for (const { txHash } of Object.values(book.contracts)) {
        const transaction = await ethers.provider.getTransaction(txHash);
        expect(transaction?.maxFeePerGas).to.be.at.most(parseUnits("1.6", "gwei"));
      }
    });

    it("names the account to fund before anything is paid, and goes on once it is", async () => {
      const signer = await deployer();
      const account = await signer.getAddress();
      await setBalance(account, ethers.parseEther("0.04"));
      let cost: Cost | undefined;
      const onProgress = (progress: Progress): void => void (progress.type === "cost" && (cost = progress.cost));
      const error = await stopped(deploy({ onProgress }), "FUNDS");
      expect(error.what)
        .to.contain(`The deployer ${account} has 0.04 native coins; what is left costs about 0.`)
        .and.to.contain(`${cost?.gas} gas. Nothing was sent.`);
      expect(await ethers.provider.getTransactionCount(signer)).to.equal(0);

      const later = await stopped(deploy({ ignoreBalance: true }), "FUNDS");
      expect(later.what).to.match(/cannot pay for the next transaction, for ".+"/);
      expect(await ethers.provider.getTransactionCount(signer)).to.be.greaterThan(0);
      await setBalance(account, ethers.parseEther("100"));
      await deploy();
    });

    it("are estimated before it starts: no less than what it takes, and 3 % more at most", async () => {
      const estimates: Cost[] = [];
      const { gasUsed, coinLeft } = await deploy({
        onProgress: (progress) => void (progress.type === "cost" && estimates.push(progress.cost)),
      });
      const [estimate] = estimates;
      expect(estimates).to.have.lengthOf(1);
      expect(estimate?.steps).to.equal(TRANSACTIONS);
      expect(estimate?.gas).to.be.within(gasUsed, (gasUsed * 103n) / 100n);
      expect(coinLeft).to.equal(await ethers.provider.getBalance(await deployer()));
      const again: Progress[] = [];
      await deploy({ onProgress: (progress) => void again.push(progress) });
      expect(again.filter(({ type }) => type === "cost")).to.deep.equal([]);
    });

    it("are estimated for what is left", async () => {
      const told: Cost[] = [];
      const onProgress = (progress: Progress): void => void (progress.type === "cost" && told.push(progress.cost));
      await dies(deploy({ onProgress, signer: mortal(await deployer(), { at: 20, when: "before" }) }));
      const { gasUsed } = await deploy({ onProgress });
      expect(told.map(({ steps }) => steps)).to.deep.equal([TRANSACTIONS, TRANSACTIONS - 17]);
      expect(told[1]?.gas).to.be.within((gasUsed * 99n) / 100n, (gasUsed * 105n) / 100n);
      expect(told[1]?.coin).to.equal((told[1]?.gas ?? 0n) * (told[1]?.gasPrice ?? 0n));
    });
  });

  describe("the deterministic deployment proxy", () => {
    it("is refused by a node that wants a chain id in every signature: nothing is spent", async () => {
      const signer = await throughNode(() => ({
        broadcastTransaction: () =>
          Promise.reject(refusal("only replay-protected (EIP-155) transactions allowed over RPC")),
      }));
      const error = await stopped(deploy({ signer }), "FACTORY_REFUSED");
      expect(error.next).to.contain(CREATE2_PROXY.address);
      expect(await ethers.provider.getTransactionCount(signer)).to.equal(0);
    });

    it("has to wait where the base fee is above what its presigned transaction pays", async () => {
      await setNextBlockBaseFeePerGas(parseUnits("200", "gwei"));
      await mine();
      await stopped(deploy(), "FEES_TOO_HIGH");
      expect(await ethers.provider.getTransactionCount(await deployer())).to.equal(0);
    });

    it("is waited for, and the node's words passed on, where it does not appear", async () => {
      const signer = await throughNode(() => ({
        broadcastTransaction: () => Promise.reject(refusal("not today")),
      }));
      const error = await stopped(deploy({ signer, parameters: impatient }), "NOT_MINED");
      expect(error.what).to.contain("not today");
    });
  });

  describe("logs", () => {
    const limited = (most: number) =>
      throughNode((provider) => ({
        getLogs(filter) {
          const { fromBlock, toBlock } = filter as Filter;
          if (Number(toBlock) - Number(fromBlock) + 1 > most) throw refusal(`at most ${most} blocks`);
          return provider.getLogs(filter);
        },
      }));

    it("are read in ranges as small as the node wants", async () => {
      await deploy();
      const book = bookInMemory();
      await deploy({ book, signer: await limited(3) });
      expect(Object.keys(book.load()?.contracts ?? {})).to.have.lengthOf(CONTRACTS);
    });

    it("that a node does not serve are named", async () => {
      await deploy();
      const error = await stopped(deploy({ signer: await limited(0) }), "LOGS_MISSING");
      expect(error.what).to.contain("at most 0 blocks");
      const silent = await throughNode(() => ({ getLogs: () => Promise.resolve([]) }));
      expect((await stopped(deploy({ signer: silent }), "LOGS_MISSING")).what).to.contain("log of its creation");
    });
  });
});
