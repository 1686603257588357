import { expect } from "chai";
import { keccak256 } from "ethers";
import { ethers } from "hardhat";

import { type Check, diagnose, type Facts, type LeaseFacts, type ProviderFacts } from "../../scripts/cli/doctor";
import type { Dispute } from "../../scripts/cli/disputes";
import { Failure } from "../../scripts/cli/failure";
import type { AddressBook } from "../../sdk/addressBook";
import { leasehold, networkOf } from "../helpers/commandLine";
import { filedFixture } from "../helpers/disputeCommands";
import { deployFixture, openMarketFixture } from "../helpers/fixture";
import { openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { GRACE } from "../helpers/parameters";
import { moveTo, now } from "../helpers/time";

const NOW = 1_000_000;
const YOU = `0x${"11".repeat(20)}`;
const USDC = { address: `0x${"22".repeat(20)}`, symbol: "USDC", decimals: 6 };

const PROVIDER: ProviderFacts = {
  opened: true,
  freeBond: 100n,
  reservedBond: 0n,
  unbonding: 0n,
  readyAt: 0,
  walletHold: 0n,
  operator: YOU,
  lastSeen: NOW - 10,
  live: true,
  offers: [{ id: 7n, retired: false, unitsLeft: 1, collateralPerUnit: 100n, tokenListed: true }],
  leases: [],
};
const TOKEN = { token: USDC, wallet: 0n, free: 1_000_000n, locked: 0n, ceiling: 1_000_000n };
const LEASE: LeaseFacts = {
  name: "7-12",
  status: "Active",
  deadline: 0,
  cutoff: 0,
  remaining: 5,
  noticed: false,
  end: NOW + 5,
  settled: false,
  releasableAt: 0,
};

function facts(changes: Partial<Facts> = {}, account: Partial<NonNullable<Facts["account"]>> = {}): Facts {
  return {
    chainId: 1,
    block: 5,
    chainTime: NOW,
    machineTime: NOW + 12,
    wrongCode: [],
    contracts: 7,
    pausedUntil: 0,
    grace: 600,
    tokens: [TOKEN],
    account: {
      address: YOU,
      coin: 10n ** 18n,
      pendingTransactions: 0,
      provider: PROVIDER,
      tenantLeases: [],
      penalties: [],
      freeHold: 10n ** 18n,
      disputes: [],
      ...account,
    },
    ...changes,
  };
}

const SOMEBODY = `0x${"33".repeat(20)}`;
const DISPUTE: Dispute = {
  id: 1n,
  name: "7-12/0x",
  lease: 1n,
  leaseName: "7-12",
  claimant: SOMEBODY,
  tenant: SOMEBODY,
  provider: YOU,
  byTenant: true,
  faultClass: "Unserved",
  faultStart: NOW - 20,
  filedAt: NOW - 10,
  phase: "Filed",
  outcome: "None",
  ripe: false,
  deadline: NOW + 60,
  endsAt: NOW + 600,
  held: 0n,
  token: USDC.address,
  collateral: 10n ** 19n,
  fractionBps: 2_500,
  bond: 10n ** 18n,
  filingFee: 10n ** 17n,
  answered: false,
  answeredFromBond: false,
  appealed: false,
  appealedFromBond: false,
  eligible: 0,
  upholds: 0,
  rejects: 0,
  rules: 1n,
};
const disputed = (changes: Partial<Dispute>, freeHold = 10n ** 18n): Facts =>
  facts({}, { disputes: [{ ...DISPUTE, ...changes }], freeHold });

const provider = (changes: Partial<ProviderFacts>): Facts => facts({}, { provider: { ...PROVIDER, ...changes } });

describe("doctor", () => {
  it("leaves disputes to those whose turn it is", () => {
    for (const waiting of [
      disputed({ provider: SOMEBODY, claimant: YOU }),
      disputed({ phase: "Answered" }),
      disputed({ phase: "Decided", outcome: "Rejected" }),
      disputed({ phase: "Appealed", outcome: "Upheld" }),
    ]) {
      const [check] = diagnose(waiting).filter(({ what }) => what === "dispute 7-12");
      expect(check).to.include({ level: "ok" }).and.not.to.have.property("next");
    }
  });

  it("finds nothing to do where all is well", () => {
    expect(diagnose(facts()).filter(({ level, next }) => level !== "ok" || next !== undefined)).to.deep.equal([]);
  });

  for (const [what, level, next, given] of [
    ["clock", "warn", "check this machine's clock", facts({ machineTime: NOW + 121 })],
    ["clock", "warn", "check this machine's clock", facts({ machineTime: NOW - 121 })],
    ["contracts", "bad", "use the right --book", facts({ wrongCode: ["market"] })],
    ["pause", "warn", "wait: it ends by itself", facts({ pausedUntil: NOW + 1 })],
    ["account", "warn", "give --keystore", (({ account: _account, ...rest }) => rest)(facts())],
    ["gas", "bad", "send some to the account", facts({}, { coin: 0n })],
    ["pending", "warn", "another program may use this key", facts({}, { pendingTransactions: 2 })],
    ["penalties", "warn", "leasehold tenant claim", facts({}, { penalties: [{ id: 1, amount: 1n, maturesAt: NOW }] })],
    ["tokens", "warn", "nobody can open a lease", facts({ tokens: [] })],
    ["USDC", "warn", "tenant approve <amount> --token USDC", facts({ tokens: [{ ...TOKEN, ceiling: 0n }] })],
    ["USDC", "warn", "tenant deposit <amount> --token USDC", facts({ tokens: [{ ...TOKEN, free: 0n, wallet: 1n }] })],
    ["bond", "bad", "leasehold provider bond 0.00000000000000001, or more", provider({ freeBond: 90n })],
    ["unbonding", "warn", "provider finish-unbond", provider({ unbonding: 1n, readyAt: NOW })],
    [
      "offer 7",
      "bad",
      "offer in a listed token",
      provider({ offers: [{ ...PROVIDER.offers[0]!, tokenListed: false }] }),
    ],
    ["heartbeat", "bad", "again within every 5m", provider({ lastSeen: 0, live: false })],
    ["heartbeat", "bad", "once everything is served", provider({ lastSeen: NOW - 600, live: false, leases: [LEASE] })],
    ["heartbeat", "warn", "within every 5m", provider({ lastSeen: NOW - 300 })],
    [
      "pending",
      "warn",
      "activate, or decline",
      provider({ leases: [{ ...LEASE, status: "Pending", deadline: NOW + 1, cutoff: NOW + 2 }] }),
    ],
    ["collect", "warn", "provider collect", provider({ leases: [{ ...LEASE, status: "Closed" }] })],
    [
      "collect",
      "warn",
      "provider collect",
      provider({ leases: [{ ...LEASE, status: "Closed", settled: true, releasableAt: NOW }] }),
    ],
    [
      "lease 7-12",
      "warn",
      "tenant cancel 7-12",
      facts({}, { tenantLeases: [{ ...LEASE, status: "Pending", deadline: NOW }] }),
    ],
    ["dispute 7-12", "warn", "answer 7-12/0x, for a counter-bond of 1.00 HOLD, or dispute concede", disputed({})],
    [
      "bond",
      "bad",
      "bring 0.000000000000000003 HOLD more into the wallet, then leasehold provider bond 0.00000000000000001",
      facts({}, { provider: { ...PROVIDER, freeBond: 90n }, freeHold: 7n }),
    ],
    [
      "heartbeat",
      "bad",
      `with the operator's key: leasehold provider heartbeat --provider ${YOU}, once everything is served`,
      provider({ lastSeen: NOW - 600, live: false, operator: SOMEBODY }),
    ],
    [
      "pending",
      "warn",
      `with the operator's key: leasehold provider activate --provider ${YOU}; or decline, with your own`,
      provider({ operator: SOMEBODY, leases: [{ ...LEASE, status: "Pending", deadline: NOW + 1, cutoff: NOW + 2 }] }),
    ],
    ["lease 7-12", "warn", "leasehold tenant find", facts({}, { tenantLeases: [{ ...LEASE, noticed: true }] })],
    ["dispute 7-12", "bad", "bring HOLD; or leasehold dispute concede 7-12/0x", disputed({}, 10n ** 18n - 1n)],
    [
      "dispute 7-12",
      "bad",
      "leasehold provider move-bond 1, and leasehold dispute answer 7-12/0x --from-bond; or leasehold dispute concede",
      facts({}, { provider: { ...PROVIDER, freeBond: 10n ** 18n }, disputes: [DISPUTE], freeHold: 0n }),
    ],
    ["dispute 7-12", "warn", "dispute appeal 7-12/0x, for a bond of 1.00 HOLD", disputed({ outcome: "Upheld" })],
    ["dispute 7-12", "warn", "dispute execute 7-12/0x", disputed({ outcome: "Failed", ripe: true })],
    ["dispute 7-12", "warn", "dispute execute 7-12/0x", disputed({ outcome: "Failed", phase: "Executed" })],
    ["lease 7-12", "warn", "lease end 7-12", facts({}, { tenantLeases: [{ ...LEASE, remaining: 0 }] })],
    [
      "role",
      "ok",
      "leasehold provider bond <amount>, or leasehold tenant find",
      facts({ tokens: [] }, { provider: { ...PROVIDER, opened: false, offers: [], walletHold: 1n } }),
    ],
  ] as [string, string, string, Facts][]) {
    it(`${level === "ok" ? "says" : "warns"} of ${what}: ${next}`, () => {
      const check = diagnose(given).find((item) => item.what === what && item.next !== undefined);
      expect(check?.level).to.equal(level);
      expect(check?.next).to.include(next);
    });
  }

  it("lets a second, half-open on the right side, decide", () => {
    const of = (given: Facts, what: string) => diagnose(given).find((item) => item.what === what)?.level;
    expect(of(facts({ pausedUntil: NOW }), "pause")).to.equal("ok");
    expect(of(facts({ machineTime: NOW + 120 }), "clock")).to.equal("ok");
    expect(of(provider({ unbonding: 1n, readyAt: NOW + 1 }), "unbonding")).to.equal("ok");
    expect(of(provider({ lastSeen: NOW - 299 }), "heartbeat")).to.equal("ok");
    expect(
      of(facts({}, { tenantLeases: [{ ...LEASE, status: "Pending", deadline: NOW + 1 }] }), "lease 7-12"),
    ).to.equal(undefined);
    expect(of(provider({ leases: [{ ...LEASE, status: "Pending", cutoff: NOW }] }), "pending")).to.equal(undefined);
  });

  describe("on a network", () => {
    it("looks at the account, and exits with 1 where something is broken", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, usd6, providerA, tenantA, offerA } = fixture;
      await openLease(market, tenantA, { token: await usd6.getAddress(), offers: [offerA] });
      const clock = await now();
      const outside = { clock: () => clock * 1_000 };
      const well = await leasehold(fixture, providerA, "doctor", outside);
      expect(well.out)
        .to.match(/ok +heartbeat/)
        .and.to.match(/look +pending +1-1: due in 1[45]m/);
      expect(well.code).to.equal(0);
      await moveTo((await fixture.liveness.clockOf(providerA)).lastSeen + BigInt(GRACE));
      const dark = await leasehold(fixture, providerA, "doctor", outside);
      expect(dark.out).to.match(/BAD +heartbeat +10m ago, by operator 0x/);
      expect(dark.code).to.equal(1);
    });

    it("advises a dark provider what its operator, and not its own key, can do", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { providerA, operatorA, liveness } = fixture;
      await moveTo((await liveness.clockOf(providerA)).lastSeen + BigInt(GRACE));
      const { out } = await leasehold(fixture, providerA, "doctor --json");
      const advice = (JSON.parse(out) as { checks: Check[] }).checks.find(({ what }) => what === "heartbeat")?.next;
      const [, line = ""] = /: leasehold (provider heartbeat --provider 0x\w{40}), /.exec(advice ?? "") ?? [];
      expect((await leasehold(fixture, providerA, "provider heartbeat")).code).to.equal(1);
      expect((await leasehold(fixture, operatorA, line)).code).to.equal(0);
    });

    it("looks for disputes of the account, and against it", async () => {
      const fixture = await loadFixture(filedFixture);
      const { providerA, tenantA, stranger, name, leaseName } = fixture;
      const check = async (actor: typeof tenantA): Promise<Check | undefined> => {
        const { out } = await leasehold(fixture, actor, "doctor --json");
        return (JSON.parse(out) as { checks: Check[] }).checks.find(({ what }) => what === `dispute ${leaseName}`);
      };
      expect((await check(providerA))?.next).to.equal(
        `leasehold dispute answer ${name}, for a counter-bond of 2.98384 HOLD, or dispute concede`,
      );
      expect(await check(tenantA)).to.include({ level: "ok" });
      expect(await check(stranger)).to.equal(undefined);
    });

    it("compares the code at every address with the address book", async () => {
      const fixture = await loadFixture(deployFixture);
      const network = await networkOf(fixture);
      const record = async (address: string, code: string) => ({ address, bytecodeHash: keccak256(code) });
      const [market, escrow] = [await fixture.market.getAddress(), await fixture.escrow.getAddress()];
      const contracts = {
        market: await record(market, await ethers.provider.getCode(market)),
        escrow: await record(escrow, "0x"),
      };
      const book = { contracts } as unknown as AddressBook;
      const { code, out } = await leasehold(fixture, undefined, "doctor", {
        openNetwork: () => Promise.resolve({ ...network, book }),
      });
      expect(out).to.match(/BAD +contracts +escrow: missing, or other code/);
      expect(code).to.equal(1);
    });

    for (const [kind, exit] of [
      ["network", 4],
      ["configuration", 3],
    ] as const) {
      it(`reports a ${kind} that fails as a finding, and exits with ${exit}`, async () => {
        const fixture = await loadFixture(deployFixture);
        const openNetwork = () => Promise.reject(new Failure(kind, "nothing there"));
        const { code, out, err } = await leasehold(fixture, undefined, "doctor", { openNetwork });
        expect(out).to.match(new RegExp(`BAD +${kind} +nothing there`));
        expect(err).to.equal("");
        expect(code).to.equal(exit);
      });
    }
  });
});
