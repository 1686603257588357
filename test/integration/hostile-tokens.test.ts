import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { BaseContract } from "ethers";
import { MaxUint256 } from "ethers";
import { ethers } from "hardhat";

import type { BlacklistingToken, MockToken, PausableToken } from "../../typechain-types";
import { NO_CEILING, type OpenMarket, openMarketFixture, whole } from "../helpers/fixture";
import { keepLive } from "../helpers/heartbeats";
import { activate, createOffer, leaseIdOf, LeaseStatus, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, earnedOf, feeOf, netOf, perHour, perHourUp } from "../helpers/money";
import { anOffer, anOrder } from "../helpers/orders";
import { ACTIVATION_WINDOW, DAY, FEE_BPS, GRACE, HOUR, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { FAR_DEADLINE, NO_PERMIT, signFunding } from "../helpers/signatures";
import { at, now, pass } from "../helpers/time";
import { storedLease } from "../helpers/words";

const DEPOSIT = whole(1_000n, 6);
const BOUNTY = 50_000n;
const PRICE = perHour(420_000n);
const CLOSED_AFTER = 100;
const DURATION = 500;

/** A token of 6 decimals is deployed and listed; both tenants funded in it, providerA offers in it. */
async function listedIn<Token extends MockToken>(deploy: () => Promise<Token>) {
  const fixture = await openMarketFixture();
  const token = await deploy();
  const { market, escrow, admin, providerA, tenantA, tenantB } = fixture;
  await market.connect(admin).listToken(token, 2n * BOUNTY, BOUNTY);
  for (const tenant of [tenantA, tenantB]) {
    await token.mint(tenant, DEPOSIT);
    await token.connect(tenant).approve(escrow, MaxUint256);
    await escrow.connect(tenant).deposit(token, tenant, DEPOSIT);
    await escrow.connect(tenant).approveModule(token, market, NO_CEILING);
  }
  const address = await token.getAddress();
  const offer = await createOffer(market, providerA, anOffer({ token: address, price: PRICE }));
  return { ...fixture, token, offer };
}

/** On top: one active lease to close, one to expire, both of tenantA, and one of tenantB that nobody activates. */
async function withLeases<Token extends MockToken>(listed: OpenMarket & { token: Token; offer: bigint }) {
  const { market, token, offer, tenantA, tenantB, operatorA, providerA } = listed;
  const choices = { token: await token.getAddress(), offers: [offer], duration: DURATION };
  const toClose = await openLease(market, tenantA, choices);
  const toExpire = await openLease(market, tenantA, choices);
  const toCancel = await openLease(market, tenantB, choices);
  const openedAt = await now();
  await activate(listed, operatorA, providerA, toClose, toExpire);
  return { ...listed, toClose, toExpire, toCancel, startedAt: await now(), openedAt };
}

type Running = Awaited<ReturnType<typeof withLeases>>;

/** Every lease ends and is collected; returns what each account must have free then. */
async function endAll(running: Running): Promise<[{ address: string }, bigint][]> {
  const { market, toClose, toExpire, toCancel, startedAt, openedAt } = running;
  const { tenantA, tenantB, keeper, stranger, providerA, treasury } = running;
  const noShowAt = openedAt + ACTIVATION_WINDOW + OUTAGE_ALLOWANCE;
  await at(startedAt + CLOSED_AFTER, () => market.connect(tenantA).close(toClose));
  await at(startedAt + DURATION, () => market.connect(keeper).expire([toExpire]));
  await at(noShowAt, () => market.connect(keeper).cancelNoShows([toCancel]));
  await at(startedAt + DURATION + HOUR, () => market.connect(stranger).collect([toClose, toExpire]));

  const billed = [CLOSED_AFTER, DURATION];
  const sum = (of: (seconds: number) => bigint): bigint => billed.map(of).reduce((total, each) => total + each);
  return [
    [tenantA, DEPOSIT - sum((seconds) => earnedOf(PRICE, seconds)) - BOUNTY],
    [tenantB, DEPOSIT - BOUNTY],
    [keeper, 2n * BOUNTY],
    [providerA, sum((seconds) => netOf(PRICE, seconds, FEE_BPS))],
    [treasury, sum((seconds) => feeOf(PRICE, seconds, FEE_BPS))],
  ];
}

async function expectEnded({ market, toClose, toExpire, toCancel }: Running): Promise<void> {
  for (const [leaseId, status] of [
    [toClose, LeaseStatus.Released],
    [toExpire, LeaseStatus.Released],
    [toCancel, LeaseStatus.Cancelled],
  ] as const) {
    expect((await storedLease(market, leaseId)).status).to.equal(status);
  }
}

describe("Leases in hostile tokens", () => {
  describe("ATK-TOK-5 a token that blacklists a party of the lease", () => {
    async function blacklistingFixture() {
      return withLeases(await listedIn<BlacklistingToken>(() => ethers.deployContract("BlacklistingToken")));
    }

    for (const party of ["tenantA", "tenantB", "providerA", "treasury", "keeper"] as const) {
      it(`closes, expires, cancels and collects with ${party} blacklisted, and pays the others (INV-LSE-7)`, async () => {
        const running = await loadFixture(blacklistingFixture);
        const { escrow, token, others } = running;
        const victim = running[party];
        await token.blacklist(victim, true);
        const expected = await endAll(running);
        await expectEnded(running);
        for (const [account, free] of expected) expect(await escrow.freeOf(token, account.address)).to.equal(free);

        for (const account of [running.tenantA, running.tenantB, running.keeper, running.providerA, running.treasury]) {
          const free = await escrow.freeOf(token, account);
          if (account.address !== victim.address) {
            await expect(escrow.connect(account).withdraw(token, account, free)).to.changeTokenBalance(
              token,
              account,
              free,
            );
            continue;
          }
          await expect(escrow.connect(account).withdraw(token, account, free))
            .to.be.revertedWithCustomError(token, "BlacklistingTokenBlacklisted")
            .withArgs(account);
          const elsewhere = others[0]!;
          await expect(escrow.connect(account).withdraw(token, elsewhere, free)).to.changeTokenBalance(
            token,
            elsewhere,
            free,
          );
        }
        expect(await token.balanceOf(escrow)).to.equal(0n);
      });
    }
  });

  describe("ATK-TOK-7 a token that is paused for a while", () => {
    async function pausableFixture() {
      return withLeases(await listedIn<PausableToken>(() => ethers.deployContract("PausableToken")));
    }

    it("ends, collects and opens leases during the pause, and pays everybody out after it", async () => {
      const running = await loadFixture(pausableFixture);
      const { escrow, market, token, offer, liveness, operatorA, providerA, tenantA } = running;
      await token.pause(true);
      const expected = await endAll(running);
      await expectEnded(running);
      for (const [account, free] of expected) expect(await escrow.freeOf(token, account.address)).to.equal(free);

      await liveness.connect(operatorA).heartbeat(providerA);
      const leaseId = await openLease(market, tenantA, { token: await token.getAddress(), offers: [offer] });
      await activate(running, operatorA, providerA, leaseId);
      const startedAt = await now();
      await at(startedAt + 60, () => market.connect(tenantA).close(leaseId));
      await pass(HOUR);
      await market.collect([leaseId]);

      const free = await escrow.freeOf(token, tenantA);
      expect(free).to.equal(expected[0]![1] - earnedOf(PRICE, 60));
      await expect(escrow.connect(tenantA).withdraw(token, tenantA, free)).to.be.revertedWithCustomError(
        token,
        "PausableTokenPaused",
      );
      await token.pause(false);
      for (const account of [tenantA, running.tenantB, running.keeper, providerA, running.treasury]) {
        const left = await escrow.freeOf(token, account);
        await expect(escrow.connect(account).withdraw(token, account, left)).to.changeTokenBalance(
          token,
          account,
          left,
        );
      }
      expect(await token.balanceOf(escrow)).to.equal(0n);
    });
  });

  describe("ATK-TOK-6 decimals and rates, tiny and dear", () => {
    const cases: {
      title: string;
      decimals: number;
      /** Base units of the token per hour, as a fraction. */
      price: [bigint, bigint];
      duration: number;
      minimumLock: bigint;
    }[] = [
      {
        title: "an hour at $0.001 an hour in 6 decimals",
        decimals: 6,
        price: [1_000n, 1n],
        duration: HOUR,
        minimumLock: 0n,
      },
      {
        title: "a day at $0.001 an hour in 6 decimals",
        decimals: 6,
        price: [1_000n, 1n],
        duration: DAY,
        minimumLock: 0n,
      },
      {
        title: "$0.01 an hour in 2 decimals",
        decimals: 2,
        price: [1n, 1n],
        duration: DAY,
        minimumLock: 1n,
      },
      {
        title: "$100,000 an hour in 0 decimals",
        decimals: 0,
        price: [100_000n, 1n],
        duration: DAY,
        minimumLock: 1n,
      },
      {
        title: "$100,000 an hour in 24 decimals",
        decimals: 24,
        price: [whole(100_000n, 24), 1n],
        duration: DAY,
        minimumLock: whole(1n, 24),
      },
      {
        title: "$0.01 an hour in 0 decimals, which is nothing in a day",
        decimals: 0,
        price: [1n, 100n],
        duration: DAY,
        minimumLock: 1n,
      },
      {
        title: "nothing at all in 18 decimals",
        decimals: 18,
        price: [0n, 1n],
        duration: HOUR,
        minimumLock: 0n,
      },
    ];

    for (const { title, decimals, price, duration, minimumLock } of cases) {
      it(`bills ${title} as it was asked, to the base unit`, async () => {
        const fixture = await loadFixture(openMarketFixture);
        const { market, escrow, liveness, admin, providerA, operatorA, tenantA, keeper, treasury } = fixture;
        const token = await ethers.deployContract("MockToken", ["Any", "ANY", decimals]);
        const address = await token.getAddress();
        const bounty = minimumLock;
        await market.connect(admin).listToken(token, minimumLock, bounty);
        const rate = perHourUp(...price);
        const offer = await createOffer(market, providerA, anOffer({ token: address, price: rate }));

        const locked = costOf(rate, duration) + bounty;
        await token.mint(tenantA, locked);
        await token.connect(tenantA).approve(escrow, locked);
        await escrow.connect(tenantA).deposit(token, tenantA, locked);
        await escrow.connect(tenantA).approveModule(token, market, locked);
        const leaseId = await openLease(market, tenantA, { token: address, offers: [offer], duration });
        expect(await escrow.freeOf(token, tenantA)).to.equal(0n);

        await activate(fixture, operatorA, providerA, leaseId);
        const startedAt = await now();
        await keepLive(liveness, operatorA, providerA, startedAt + 1, startedAt + duration - 1);
        await at(startedAt + duration, () => market.connect(keeper).expire([leaseId]));
        await market.collect([leaseId]);

        const earned = earnedOf(rate, duration);
        const asked = price[0] * BigInt(duration); // base units times 3,600 times the price's denominator
        expect(earned).to.equal(asked / (3_600n * price[1]));

        const fee = feeOf(rate, duration, FEE_BPS);
        expect(await escrow.freeOf(token, tenantA)).to.equal(locked - bounty - earned);
        expect(await escrow.freeOf(token, providerA)).to.equal(earned - fee);
        expect(await escrow.freeOf(token, treasury)).to.equal(fee);
        expect(await escrow.freeOf(token, keeper)).to.equal(bounty);
        expect((await escrow.moduleAccount(market, token, tenantA)).locked).to.equal(0n);
      });
    }

    it("bills $0.001 an hour in 6 decimals to within 0.01 %: 1,000 base units an hour, 24,000 a day", () => {
      const rate = perHourUp(1_000n);
      expect([earnedOf(rate, HOUR), earnedOf(rate, DAY)]).to.deep.equal([1_000n, 24_000n]);
      // A price that was rounded down, by whoever skips the tools, is a base unit below.
      expect([earnedOf(perHour(1_000n), HOUR), earnedOf(perHour(1_000n), DAY)]).to.deep.equal([999n, 23_999n]);
    });

    it("takes a month of a thousand units at $100,000 an hour each in 24 decimals", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, escrow, admin, providerA, operatorA, tenantA } = fixture;
      const token = await ethers.deployContract("MockToken", ["Dear", "DEAR", 24]);
      const address = await token.getAddress();
      await market.connect(admin).listToken(token, 0n, 0n);
      const price = perHour(whole(100_000n, 24));
      const nothing = { cpu: 0n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n };
      const draft = anOffer({ token: address, price, capacity: 1_000n, resources: nothing });
      const offer = await createOffer(market, providerA, draft);
      const locked = costOf(1_000n * price, 30 * DAY);
      await token.mint(tenantA, locked);
      await token.connect(tenantA).approve(escrow, locked);
      await escrow.connect(tenantA).deposit(token, tenantA, locked);
      await escrow.connect(tenantA).approveModule(token, market, NO_CEILING);

      const choices = { token: address, offers: [offer], units: 1_000, duration: 30 * DAY };
      const leaseId = await openLease(market, tenantA, choices);
      await activate(fixture, operatorA, providerA, leaseId);
      const startedAt = await now();
      await at(startedAt + GRACE - 1, () => market.connect(tenantA).close(leaseId));
      const earned = earnedOf(1_000n * price, GRACE - 1);
      expect(await escrow.freeOf(token, tenantA)).to.equal(locked - earned);
      await market.collect([leaseId]);
      expect(await escrow.freeOf(token, providerA)).to.equal(netOf(1_000n * price, GRACE - 1, FEE_BPS));
    });
  });

  describe("ATK-TOK-1 hooks that call the market within a deposit", () => {
    async function hookedFixture() {
      const listed = await listedIn(() => ethers.deployContract("HookedToken"));
      const { market, escrow, offer, others, token } = listed;
      // A key whose account has code, so that it can sign and be called.
      const signer = others[0]!;
      const code = await ethers.provider.getCode(await ethers.deployContract("HookedAccount"));
      await setCode(signer.address, code);
      const account = await ethers.getContractAt("HookedAccount", signer.address);
      const call = (to: BaseContract, data: string) => account.execute(to, data);

      const address = await token.getAddress();
      await token.mint(account, 2n * DEPOSIT);
      await call(token, token.interface.encodeFunctionData("approve", [escrow.target, MaxUint256]));
      await call(escrow, escrow.interface.encodeFunctionData("deposit", [address, account.target, DEPOSIT]));
      await call(escrow, escrow.interface.encodeFunctionData("approveModule", [address, market.target, NO_CEILING]));
      await token.register(account);
      const order = await anOrder(market, { token: address, offers: [offer], duration: DURATION });
      const funding = {
        account: signer.address,
        token: address,
        module: await market.getAddress(),
        ceiling: NO_CEILING,
        deposit: DEPOSIT,
        nonce: 1n, // the approval took the one before
        deadline: FAR_DEADLINE,
      };
      const signature = await signFunding(signer, escrow, funding);
      const openFunded = market.interface.encodeFunctionData("openFunded", [order, funding, signature, NO_PERMIT]);
      return { ...listed, account, call, order, openFunded };
    }

    it("opens a lease within the deposit of another, and counts every base unit once (INV-ESC-1)", async () => {
      const { market, escrow, token, offer, account, call, order, openFunded } = await loadFixture(hookedFixture);
      await account.arm(market, market.interface.encodeFunctionData("open", [order]), false);
      await call(market, openFunded);
      expect(await account.succeeded()).to.equal(true);
      for (const index of [1, 2]) {
        const { tenant, status } = await storedLease(market, leaseIdOf(offer, index));
        expect([tenant, status]).to.deep.equal([BigInt(await account.getAddress()), LeaseStatus.Pending]);
      }
      const locked = 2n * (costOf(PRICE, DURATION) + BOUNTY);
      expect((await escrow.moduleAccount(market, token, account)).locked).to.equal(locked);
      expect(await escrow.freeOf(token, account)).to.equal(2n * DEPOSIT - locked);
      expect(await token.balanceOf(escrow)).to.equal(4n * DEPOSIT);
    });

    it("refuses a second openFunded within it", async () => {
      const { market, escrow, account, call, openFunded } = await loadFixture(hookedFixture);
      await account.arm(market, openFunded, false);
      await expect(call(market, openFunded)).to.be.revertedWithCustomError(escrow, "ReentrancyGuardReentrantCall");
    });
  });
});
