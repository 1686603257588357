import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { toQuantity, type Transaction, type TransactionLike, type Wallet } from "ethers";

import { AnvilMarket, noAnvil } from "../../helpers/anvilMarket";
import type { Run } from "../../helpers/commandLine";
import { after as afterwards, drop, http, refuse } from "../../helpers/faultAnswers";

const DEPOSIT = "tenant deposit 5 --token DUSD";
const PAID = 5_000_000n;
const HASH = /0x[0-9a-f]{64}/g;
const GWEI = 10n ** 9n;

interface Failed {
  readonly error: { kind: string; message: string };
  readonly sent?: readonly { label: string; hash: string; nonce: number; state: string }[];
}

const hashesIn = (text: string): string[] => [...new Set(text.match(HASH) ?? [])];

describe("a transaction of leasehold", function () {
  this.timeout(60_000);
  let market: AnvilMarket;
  let state: string;
  let ana: Wallet;

  before(async function () {
    if (noAnvil() !== undefined) this.skip();
    this.timeout(120_000);
    market = await AnvilMarket.start();
    ana = market.world.people.Ana as unknown as Wallet;
  });
  after(() => market?.stop());
  beforeEach(async () => {
    state = mkdtempSync(path.join(tmpdir(), "leasehold-sending-"));
    await market.provider.send("evm_setAutomine", [true]);
    await market.reset();
  });
  afterEach(async () => {
    rmSync(state, { recursive: true });
    await market.provider.send("anvil_dropAllTransactions", []);
  });

  const run = (line: string): Promise<Run> => market.leasehold("Ana", line, { XDG_STATE_HOME: state });
  const free = async (): Promise<bigint> =>
    (await market.world.contracts.lens.fundsOf(market.world.tokens.DUSD.address, ana.address)).free;
  const nonce = (): Promise<number> => market.provider.getTransactionCount(ana.address);
  const remembered = (): string[] => readdirSync(path.join(state, "leasehold/transactions"));
  const hold = (): Promise<unknown> => market.provider.send("evm_setAutomine", [false]);
  const mine = (blocks = 1): Promise<unknown> => market.provider.send("anvil_mine", [toQuantity(blocks)]);

  /** Waits for the next transaction of Ana in the pool. */
  async function waiting(not: readonly string[] = []): Promise<Transaction & { hash: string }> {
    for (let looks = 0; looks < 500; looks++) {
      const block = (await market.provider.send("eth_getBlockByNumber", ["pending", false])) as {
        transactions: string[];
      };
      const hash = block.transactions.find((each) => !not.includes(each));
      const found = hash === undefined ? null : await market.provider.getTransaction(hash);
      if (found !== null) return found as unknown as Transaction & { hash: string };
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error("nothing waits");
  }

  /** What a wallet sends instead. */
  async function instead(of: Transaction, changes: TransactionLike): Promise<string> {
    const { to, data, value, gasLimit, chainId } = of;
    const more = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: 50n * GWEI };
    const raw = await ana.signTransaction({
      to,
      data,
      value,
      gasLimit,
      chainId,
      nonce: of.nonce,
      type: 2,
      ...more,
      ...changes,
    });
    return (await market.provider.broadcastTransaction(raw)).hash;
  }

  describe("whose answer is lost", () => {
    for (const [what, fault] of [
      ["by a 502 of a gateway", afterwards(http(502, "<html>Bad gateway</html>"))],
      ["by a connection that ends", afterwards(drop)],
      ["before the node heard of it", drop],
      ["by a rate limit", refuse(-32_005, "rate limited")],
    ] as const) {
      it(`${what}, is looked for, and the command goes on when it is mined`, async () => {
        const before = await nonce();
        market.proxy.when("eth_sendRawTransaction", fault, { times: 1 });
        const { code, out, err } = await run(DEPOSIT);
        expect([code, await free(), (await nonce()) - before], err).to.deep.equal([0, PAID, 1]);
        const [told] = hashesIn(err);
        expect(err)
          .to.include(`sending as ${told}\nthe node's answer was lost (`)
          .and.to.include(`looking for ${told}`);
        expect(out).to.include(`transaction  ${told}`).and.to.include("5.00 DUSD arrived");
        expect(remembered()).to.deep.equal([]);
      });
    }

    it("is told with its hash to machines, too, and its repeat neither pays twice nor hides what it did", async () => {
      market.proxy.when("eth_sendRawTransaction", afterwards(http(502)));
      const blind = market.proxy.when("eth_getTransactionReceipt", http(502));
      const first = await run(`${DEPOSIT} --json --timeout 1s`);
      const { error, sent = [] } = JSON.parse(first.err) as Failed;
      const [{ hash } = { hash: "" }] = sent;
      expect([first.code, error.kind, sent]).to.deep.equal([
        4,
        "network",
        [{ label: "Deposit 5.00 DUSD", hash, nonce: sent[0]?.nonce, state: "waiting" }],
      ]);
      expect(error.message).to.include(`sent as ${hash}`).and.to.include(`leasehold tx show ${hash}`);
      expect(await free()).to.equal(PAID);

      blind.end();
      const second = await run(`${DEPOSIT} --json`);
      const repeated = JSON.parse(second.out) as { earlier: boolean; transactions: { hash: string; label: string }[] };
      expect([second.code, repeated.earlier, repeated.transactions[0]?.hash]).to.deep.equal([0, true, hash]);
      expect(await free()).to.equal(PAID);
      // Its outcome was told: the same words are a new wish now.
      expect((await run(DEPOSIT)).code).to.equal(0);
      expect(await free()).to.equal(2n * PAID);
    });

    it("is not sent again by its repeat while it waits, however differently the options of every command are", async () => {
      const before = await nonce();
      await hold();
      const first = await run(`${DEPOSIT} --timeout 1s`);
      const [hash = ""] = hashesIn(first.err);
      expect(first.code).to.equal(4);
      expect(first.err).to.include(`sent as ${hash}, and not in a block after 1s`);
      const again = run(`${DEPOSIT} --timeout 30s --confirmations 1`);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await mine();
      const { code, out, err } = await again;
      expect([code, (await nonce()) - before, await free()], err).to.deep.equal([0, 1, PAID]);
      expect(err).to.include(`as ${hash}: looking for that one instead of sending it again`);
      expect(out).to.include("nothing was sent now. To do it once more, run the command again.");
    });

    it("is sent again to a node that lost it, and not paid twice", async () => {
      await hold();
      const first = await run(`${DEPOSIT} --timeout 1s`);
      expect(first.code).to.equal(4);
      await market.provider.send("anvil_dropAllTransactions", []);
      await market.provider.send("evm_setAutomine", [true]);
      expect((await run(DEPOSIT)).code).to.equal(0);
      expect(await free()).to.equal(PAID);
    });

    it("is no reason to leave a heartbeat out: an old one is none of now", async () => {
      await hold();
      const as = (line: string): Promise<Run> => market.leasehold("Webhaus operator", line, { XDG_STATE_HOME: state });
      const { Webhaus, "Webhaus operator": operator } = market.world.addresses;
      const before = await market.provider.getTransactionCount(operator);
      expect((await as(`provider heartbeat --provider ${Webhaus} --timeout 1s`)).code).to.equal(4);
      await mine();
      await market.provider.send("evm_setAutomine", [true]);
      const { code, out } = await as(`provider heartbeat --provider ${Webhaus}`);
      expect([code, (await market.provider.getTransactionCount(operator)) - before]).to.deep.equal([0, 2]);
      expect(out).to.include("is live until");
    });

    it("is nothing under way where the node looked at it and refused it", async () => {
      market.proxy.when("eth_sendRawTransaction", refuse(-32_000, "transaction underpriced"));
      const { code, err } = await run(DEPOSIT);
      expect([code, remembered(), await free()], err).to.deep.equal([4, [], 0n]);
      expect(err).to.include("transaction underpriced");
    });
  });

  describe("that a wallet replaces", () => {
    it("by a dearer one that does the same, goes on", async () => {
      await hold();
      const command = run(DEPOSIT);
      const first = await waiting();
      const second = await instead(first, {});
      await mine();
      const { code, out, err } = await command;
      expect(code, err).to.equal(0);
      expect(err).to.include(`${first.hash} was replaced by ${second}, which does the same`);
      expect(out).to.include(`transaction  ${second}`).and.to.include("5.00 DUSD arrived");
    });

    for (const json of ["", " --json"]) {
      it(`by one that does nothing, ends with both hashes and 4${json}`, async () => {
        await hold();
        const command = run(`${DEPOSIT}${json}`);
        const first = await waiting();
        const second = await instead(first, { to: ana.address, data: "0x" });
        await mine();
        const { code, err } = await command;
        expect([code, await free()]).to.deep.equal([4, 0n]);
        expect(err).to.include(`${first.hash} was cancelled: its nonce was used by ${second}. Nothing of it was done`);
        expect(remembered()).to.deep.equal([]);
      });
    }
  });

  describe("and its fees", () => {
    it("offers what --max-fee and --priority-fee say, and no more", async () => {
      await hold();
      const command = run(`${DEPOSIT} --max-fee 3 --priority-fee 0.5gwei`);
      const { maxFeePerGas, maxPriorityFeePerGas } = await waiting();
      await mine();
      expect((await command).code).to.equal(0);
      expect(maxPriorityFeePerGas).to.equal(GWEI / 2n);
      expect(maxFeePerGas! <= 3n * GWEI).to.equal(true);
    });

    it("is not sent where gas costs more than --max-fee", async () => {
      const { code, err } = await run(`${DEPOSIT} --max-fee 0.000000001`);
      expect(code).to.equal(1);
      expect(err).to.match(
        /gas costs \S+ gwei now, more than --max-fee allows \(0\.000000001 gwei\): nothing was sent/,
      );
    });

    it("is replaced by a dearer one after three blocks, up to --max-fee and not beyond", async () => {
      await hold();
      const command = run(`${DEPOSIT} --max-fee 40 --priority-fee 30`);
      const first = await waiting();
      const seen = [first.hash];
      const offers = [first.maxPriorityFeePerGas];
      await emptyBlocks(4);
      const second = await waiting(seen);
      offers.push(second.maxPriorityFeePerGas);
      await mine();
      const { code, err } = await command;
      expect([code, await free()], err).to.deep.equal([0, PAID]);
      expect(offers).to.deep.equal([30n * GWEI, 37_500_000_001n]);
      expect(err).to.include(`not mined yet, sending again as ${second.hash}`);
    });

    /** Blocks that take none of the waiting transactions. */
    async function emptyBlocks(count: number): Promise<void> {
      const raws = pooled();
      await market.provider.send("anvil_dropAllTransactions", []);
      await mine(count);
      for (const raw of raws) await market.provider.send("eth_sendRawTransaction", [raw]).catch(() => undefined);
    }

    function pooled(): string[] {
      return market.proxy.calls
        .filter(({ method }) => method === "eth_sendRawTransaction")
        .map(({ params = [] }) => String(params[0]));
    }
  });

  it("that is mined and not confirmed is said to be so", async () => {
    const { code, err } = await run(`${DEPOSIT} --confirmations 3 --timeout 1s`);
    expect([code, await free()]).to.deep.equal([4, PAID]);
    expect(err).to.match(
      /is in block \d+, with 1 of 3 confirmations after 1s\. It is done unless the chain is reorganised/,
    );
  });

  describe("leasehold tx", () => {
    async function stuck(): Promise<string> {
      await hold();
      const { err } = await run(`${DEPOSIT} --timeout 1s`);
      return hashesIn(err)[0]!;
    }

    it("shows what waits, one and all, by hash and by nonce", async () => {
      const hash = await stuck();
      const used = await nonce();
      const all = await run("tx show");
      expect(all.out).to.include(hash).and.to.include("Deposit 5.00 DUSD");
      const one = await run(`tx show ${used}`);
      expect(one.out)
        .to.include("waits, next of its account")
        .and.to.include(`next         leasehold tx speed-up ${used}, or leasehold tx cancel ${used}`);
      await mine();
      const mined = await run(`tx show ${hash}`);
      expect(mined.out).to.match(/state +in block \d+, 1 confirmation: done/);
      const unknown = await run(`tx show 0x${"7e".repeat(32)}`);
      expect([unknown.code, unknown.err]).to.deep.equal([
        1,
        `error: neither the node nor this machine knows transaction 0x${"7e".repeat(32)}: it was dropped, or it is of another chain. ` +
          "Check --rpc; if it was dropped, nothing of it was done\n",
      ]);
    });

    it("speeds up what waits, which is done once", async () => {
      const hash = await stuck();
      const dry = await run(`tx speed-up ${hash} --dry-run`);
      expect(dry.out).to.include("Dry run: nothing was sent.").and.to.include("would offer");
      const command = run(`tx speed-up ${hash} --priority-fee 5`);
      const second = await waiting([hash]);
      expect(second.maxPriorityFeePerGas).to.equal(5n * GWEI);
      await mine();
      const { code, out, err } = await command;
      expect([code, await free()], err).to.deep.equal([0, PAID]);
      expect(out).to.include(`as ${second.hash}, done.`);
      expect(remembered()).to.deep.equal([]);
      const late = await run(`tx speed-up ${second.hash}`);
      expect([late.code, late.err]).to.deep.equal([1, late.err]);
      expect(late.err).to.include("nothing is left to do");
    });

    it("cancels what waits, and says so; or that it was too late", async () => {
      const hash = await stuck();
      const command = run(`tx cancel ${await nonce()}`);
      const second = await waiting([hash]);
      await mine();
      const { code, out, err } = await command;
      expect([code, await free()], err).to.deep.equal([0, 0n]);
      expect(out).to.include(`${hash} is cancelled, by ${second.hash} in block`);
      expect((await run(`tx cancel ${hash}`)).code).to.equal(1);
      const none = await run("tx cancel 4000");
      expect([none.code, none.err.includes("no transaction of")]).to.deep.equal([1, true]);
    });

    it("is of one's own transactions alone", async () => {
      const hash = await stuck();
      const { code, err } = await market.leasehold("Ben", `tx cancel ${hash}`, { XDG_STATE_HOME: state });
      expect(code).to.equal(1);
      expect(err).to.include("use its key");
    });
  });

  it("is not sent where it cannot be written down", async () => {
    const { code, err } = await market.leasehold("Ana", DEPOSIT, { XDG_STATE_HOME: path.resolve(__filename) });
    expect([code, await free()]).to.deep.equal([3, 0n]);
    expect(err).to.include("Set XDG_STATE_HOME to a directory that can");
  });
});
