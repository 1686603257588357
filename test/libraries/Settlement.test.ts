import { expect } from "chai";
import fc from "fast-check";
import { ethers } from "hardhat";

import type { SettlementHarness } from "../../typechain-types";
import { deployFixture, NO_CEILING } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { holds } from "../helpers/property";
import { pack } from "../helpers/words";

const KIND = { release: 0, credit: 1, flush: 2 } as const;
const LOCKED = 1_000n;

/** A module through which two tenants hold 1,000 of each token; and the addresses that everything here is about. */
async function settlementFixture() {
  const f = await loadFixture(deployFixture);
  const module = await ethers.deployContract("SettlementHarness", [f.escrow]);
  const tokens = [await f.usd6.getAddress(), await f.usd18.getAddress()] as const;
  for (const tenant of [f.tenantA, f.tenantB]) {
    for (const token of tokens) {
      await f.escrow.connect(tenant).deposit(token, tenant, LOCKED);
      await f.escrow.connect(tenant).approveModule(token, module, NO_CEILING);
      await module.lock(token, tenant, LOCKED);
    }
  }
  const [a, b] = [f.tenantA.address, f.tenantB.address];
  const [p, q, t] = [f.providerA.address, f.providerB.address, f.treasury.address];
  return { ...f, module, tokens, a, b, p, q, t };
}

type Step = SettlementHarness.StepStruct;

const release = (token: string, account: string, unlocked: bigint, amount: bigint): Step => ({
  kind: KIND.release,
  token,
  account,
  unlocked,
  amount,
});
const credit = (account: string, amount: bigint): Step => ({
  kind: KIND.credit,
  token: ethers.ZeroAddress,
  account,
  unlocked: 0n,
  amount,
});
const flush: Step = { ...credit(ethers.ZeroAddress, 0n), kind: KIND.flush };

const entry = (account: string, fromLock: bigint, toFree: bigint) => [
  account,
  pack(
    [
      ["fromLock", 128],
      ["toFree", 128],
    ],
    { fromLock, toFree },
  ),
];

/** The settlements of a batch: token and entries of each call of the escrow. */
async function settlements(f: Awaited<ReturnType<typeof settlementFixture>>, leases: number, steps: Step[]) {
  expect(await f.module.run.staticCall(leases, steps)).to.equal(1n);
  const sent = await f.module.run(leases, steps);
  const receipt = await sent.wait();
  return receipt!.logs.flatMap((log) => {
    const event = f.escrow.interface.parseLog(log);
    if (event?.name !== "Settled") return [];
    const entries = event.args[2] as readonly (readonly [string, bigint])[];
    return [[event.args[1] as string, entries.map(([account, movement]) => [account, movement])]];
  });
}

describe("Settlement", () => {
  it("settles nothing without a call of the escrow", async () => {
    const f = await loadFixture(settlementFixture);
    expect(await settlements(f, 0, [])).to.deep.equal([]);
    expect(await settlements(f, 5, [flush, flush])).to.deep.equal([]);
  });

  it("settles a refund alone in one entry", async () => {
    const f = await loadFixture(settlementFixture);
    const [token] = f.tokens;
    expect(await settlements(f, 1, [release(token, f.a, 70n, 0n)])).to.deep.equal([[token, [entry(f.a, 70n, 70n)]]]);
  });

  it("joins neighbours of the same tenant, and credits that come in turns", async () => {
    const f = await loadFixture(settlementFixture);
    const [token] = f.tokens;
    const steps = [1n, 2n, 3n].flatMap((n) => [
      release(token, f.a, 10n * n, 100n * n),
      credit(f.p, 90n * n),
      credit(f.t, 10n * n),
    ]);
    expect(await settlements(f, 3, steps)).to.deep.equal([
      [token, [entry(f.a, 660n, 60n), entry(f.t, 0n, 60n), entry(f.p, 0n, 540n)]],
    ]);
  });

  it("keeps tenants apart who come in turns", async () => {
    const f = await loadFixture(settlementFixture);
    const [token] = f.tokens;
    const steps = [f.a, f.b, f.a].flatMap((tenant) => [release(token, tenant, 5n, 10n), credit(f.p, 10n)]);
    expect(await settlements(f, 3, steps)).to.deep.equal([
      [token, [entry(f.a, 15n, 5n), entry(f.b, 15n, 5n), entry(f.a, 15n, 5n), entry(f.p, 0n, 30n)]],
    ]);
  });

  it("lets the credit go that is oldest where a third account is credited", async () => {
    const f = await loadFixture(settlementFixture);
    const [token] = f.tokens;
    const steps = [release(token, f.a, 0n, 60n), credit(f.p, 10n), credit(f.q, 20n), credit(f.t, 25n), credit(f.q, 5n)];
    expect(await settlements(f, 3, steps)).to.deep.equal([
      [token, [entry(f.a, 60n, 0n), entry(f.p, 0n, 10n), entry(f.t, 0n, 25n), entry(f.q, 0n, 25n)]],
    ]);
  });

  it("leaves credits of nothing out", async () => {
    const f = await loadFixture(settlementFixture);
    const [token] = f.tokens;
    expect(await settlements(f, 1, [release(token, f.a, 9n, 0n), credit(f.p, 0n)])).to.deep.equal([
      [token, [entry(f.a, 9n, 9n)]],
    ]);
  });

  it("settles each run of a token by itself, and forgets nothing and nobody between them", async () => {
    const f = await loadFixture(settlementFixture);
    const [usd6, usd18] = f.tokens;
    const steps = [usd6, usd18, usd18, usd6].flatMap((token) => [release(token, f.a, 1n, 10n), credit(f.p, 10n)]);
    expect(await settlements(f, 4, steps)).to.deep.equal([
      [usd6, [entry(f.a, 11n, 1n), entry(f.p, 0n, 10n)]],
      [usd18, [entry(f.a, 22n, 2n), entry(f.p, 0n, 20n)]],
      [usd6, [entry(f.a, 11n, 1n), entry(f.p, 0n, 10n)]],
    ]);
  });

  it("can be used again after a flush", async () => {
    const f = await loadFixture(settlementFixture);
    const [token] = f.tokens;
    const one = [release(token, f.a, 1n, 10n), credit(f.p, 10n)];
    const settled = [token, [entry(f.a, 11n, 1n), entry(f.p, 0n, 10n)]];
    expect(await settlements(f, 1, [...one, flush, ...one])).to.deep.equal([settled, settled]);
  });

  it("credits a tenant who is provider or treasury of its own lease (INV-LSE-8)", async () => {
    const f = await loadFixture(settlementFixture);
    const [token] = f.tokens;
    await f.module.run(1, [release(token, f.a, 30n, 70n), credit(f.a, 60n), credit(f.a, 10n)]);
    expect(await f.escrow.freeOf(token, f.a)).to.equal(100n);
  });

  it("lowers the ceiling by what was paid, also for a tenant who was credited before (INV-ESC-3)", async () => {
    const f = await loadFixture(settlementFixture);
    const [token] = f.tokens;
    await f.escrow.connect(f.tenantA).approveModule(token, f.module, 500n);
    const lease = (tenant: string, payee: string) => [release(token, tenant, 0n, 100n), credit(payee, 100n)];
    await f.module.run(4, [...lease(f.b, f.a), ...lease(f.b, f.p), ...lease(f.b, f.q), ...lease(f.a, f.p)]);
    expect((await f.escrow.moduleAccount(f.module, token, f.a)).ceiling).to.equal(400n);
  });

  it("moves the same as one by one, for any batch, within its room (INV-LSE-3, ATK-LSE-3)", async () => {
    const f = await loadFixture(settlementFixture);
    for (const token of f.tokens) await f.escrow.connect(f.tenantA).approveModule(token, f.module, 2n * LOCKED);
    const accounts = [f.a, f.b, f.p, f.q, f.t];
    const leases = fc.array(
      fc.record({
        token: fc.constantFrom(...f.tokens),
        tenant: fc.constantFrom(f.a, f.b),
        unlocked: fc.bigInt(0n, 50n),
        payees: fc.array(fc.tuple(fc.constantFrom(...accounts), fc.bigInt(0n, 20n)), { maxLength: 2 }),
      }),
      { maxLength: 12 },
    );
    const free = async () => {
      const amounts = [];
      for (const token of f.tokens) {
        for (const account of accounts) {
          amounts.push(await f.escrow.freeOf(token, account));
          const { locked, ceiling } = await f.escrow.moduleAccount(f.module, token, account);
          amounts.push(locked, ceiling);
        }
      }
      return amounts;
    };
    await holds(
      fc.asyncProperty(leases, async (batch) => {
        const steps = batch.map(({ token, tenant, unlocked, payees }) => [
          release(
            token,
            tenant,
            unlocked,
            payees.reduce((sum, [, amount]) => sum + amount, 0n),
          ),
          ...payees.map(([account, amount]) => credit(account, amount)),
        ]);
        const before = (await ethers.provider.send("evm_snapshot", [])) as string;
        expect(await f.module.run.staticCall(batch.length, steps.flat())).to.equal(1n);
        await f.module.run(batch.length, steps.flat());
        const together = await free();
        await ethers.provider.send("evm_revert", [before]);
        const again = (await ethers.provider.send("evm_snapshot", [])) as string;
        for (const each of steps) await f.module.run(1, each);
        expect(await free()).to.deep.equal(together);
        await ethers.provider.send("evm_revert", [again]);
      }),
      40,
    );
  });
});
