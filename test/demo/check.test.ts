import { expect } from "chai";

import { mismatches, type Observed } from "../../scripts/demo/check";
import type { Facts, LeaseFacts } from "../../scripts/demo/facts";
import { ledgerOf } from "../../scripts/demo/model";

const X32 = 2n ** 32n;
const HOLD = 10n ** 18n;
const START = 1_000;

const offer = {
  provider: "Webhaus",
  token: "DUSD",
  prices: [{ at: 0, x32: 10n * X32 }],
  minDuration: 3_600,
  resources: { cpu: 0n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n, gpuCount: 1n },
};
const lease: LeaseFacts = {
  name: "1-1",
  tenant: "Ana",
  offer,
  units: 2n,
  duration: 7_200,
  openedAt: 950,
  activatedAt: START,
};

const facts: Facts = {
  rules: {
    fees: [{ at: 0, bps: 250n }],
    noShowBps: 1_000n,
    tenantBps: 8_000n,
    grace: 600,
    outageAllowance: 1_800,
    toleranceBps: 100,
    creditPeriod: 345_600,
    weights: { cpu: 0n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n, gpuCount: HOLD },
    bounties: { DUSD: 2_000n },
  },
  leases: [lease],
  heartbeats: { Webhaus: Array.from({ length: 40 }, (_, beat) => 900 + 500 * beat) },
  deposits: [{ account: "Ana", token: "DUSD", amount: 1_000_000n }],
  bonds: [{ provider: "Webhaus", amount: 10n ** 20n }],
  keeper: "keeper",
  treasury: "treasury",
};

function observed(): Observed {
  const ledger = structuredClone(ledgerOf(facts));
  return { ledger, unfinished: [], vaults: [{ token: "DUSD", balance: 7n, liabilities: 7n }] };
}

describe("the demo's check", () => {
  it("computes a lease that ran to its end by hand", () => {
    expect(observed().ledger.leases[0]).to.deep.include({
      locked: 2n * 10n * 7_200n + 2_000n,
      paid: 140_400n,
      fee: 3_600n,
      refunded: 0n,
      bounty: 2_000n,
    });
  });

  it("computes a lease that grows and shrinks by hand: added units at the price of that moment", () => {
    const prices = [...offer.prices, { at: START + 1_000, x32: 20n * X32 }];
    const changes = [
      { kind: "resize", at: START + 1_800, units: 3n },
      { kind: "resize", at: START + 5_400, units: 1n },
    ] as const;
    const ledger = ledgerOf({ ...facts, leases: [{ ...lease, offer: { ...offer, prices }, changes }] });
    const third = (40n * X32) / 3n; // of a rate of three units, rounded down
    const earned = 20n * 1_800n + 40n * 3_600n + (third * 1_800n) / X32;
    expect(ledger.leases[0]).to.deep.include({
      billedSeconds: 7_200n,
      locked: 20n * 7_200n + 20n * 5_400n + 2_000n,
      fee: (earned * 250n) / 10_000n,
      paid: earned - (earned * 250n) / 10_000n,
      refunded: 20n * 7_200n + 20n * 5_400n - earned,
      bounty: 2_000n,
    });
  });

  it("computes rates that earn parts of base units by hand: what is less than one carries over to the next rate", () => {
    const half = { ...offer, prices: [{ at: 0, x32: X32 / 4n }] }; // two units earn half a base unit a second
    const changes = [
      { kind: "resize", at: START + 1_801, units: 4n },
      { kind: "resize", at: START + 3_602, units: 2n },
    ] as const;
    const ledger = ledgerOf({ ...facts, leases: [{ ...lease, offer: half, changes }] });
    // 900.5, 1,801 and 1,799: 4,500.5 base units, of which the fee is 112.5.
    expect(ledger.leases[0]).to.deep.include({ fee: 112n, paid: 4_388n, locked: 3_600n + 2_000n + 2_700n });
    expect(ledger.leases[0]?.refunded).to.equal(3_600n + 2_700n - 4_500n);
  });

  it("computes a no-show by hand: its whole penalty is the treasury's", () => {
    const { activatedAt: _at, ...never } = lease;
    const { leases, hold } = ledgerOf({ ...facts, leases: [never] });
    expect(leases[0]).to.deep.include({ ending: "no-show", penalty: HOLD / 5n, refunded: 144_000n });
    expect(hold.map(({ account, penaltiesReceived }) => [account, penaltiesReceived])).to.deep.equal([
      ["Webhaus", 0n],
      ["treasury", HOLD / 5n],
    ]);
  });

  it("computes renewals by hand: a raise counts a day later, a cut at once, and the bounty is the tenant's", () => {
    const prices = [...offer.prices, { at: START + 5_000, x32: 20n * X32 }, { at: START + 9_000, x32: 5n * X32 }];
    const changes = [
      { kind: "renewal", at: START + 6_000, period: 7_200, by: "Olu" },
      { kind: "renewal", at: START + 12_000, period: 3_600, by: "Olu" },
    ] as const;
    const ledger = ledgerOf({ ...facts, leases: [{ ...lease, offer: { ...offer, prices }, changes }] });
    const [first, second] = [20n * 12_000n, 10n * 6_000n];
    expect(ledger.leases[0]).to.deep.include({
      billedSeconds: 18_000n,
      locked: 20n * 14_400n + 2_000n + 10n * 6_000n - 20n * 2_400n,
      fee: (first * 250n) / 10_000n + (second * 250n) / 10_000n,
      refunded: 0n,
    });
    expect(ledger.accounts.map(({ account, errands, earned }) => [account, errands, earned])).to.deep.include.members([
      ["Ana", 4_000n, 0n],
      ["Olu", 0n, 4_000n],
      ["keeper", 0n, 2_000n],
    ]);
  });

  it("computes a fee that governance changed by hand: it counts from the opening, or from a renewal, after it", () => {
    const fees = [...facts.rules.fees, { at: START + 2_000, bps: 200n }];
    const renewal = { kind: "renewal", at: START + 6_000, period: 7_200, by: "Olu" } as const;
    const leases = [
      { ...lease, name: "before" },
      { ...lease, name: "after", openedAt: START + 2_000, activatedAt: START + 2_000 },
      { ...lease, name: "renewed", changes: [renewal] },
    ];
    const ledger = ledgerOf({ ...facts, rules: { ...facts.rules, fees }, leases });
    const [whole, first, second] = [20n * 7_200n, 20n * 6_000n, 20n * 8_400n];
    expect(ledger.leases.map(({ fee }) => fee)).to.deep.equal([
      (whole * 250n) / 10_000n,
      (whole * 200n) / 10_000n,
      (first * 250n) / 10_000n + (second * 200n) / 10_000n,
    ]);
  });

  it("computes a dark end by hand: live seconds alone, a service credit of the collateral, the record", () => {
    const heartbeats = { Webhaus: [900, 1_500, 9_000] }; // dark from 2,100 on
    const closed = { ...lease, closedAt: START + 3_500 };
    const { leases, hold, records } = ledgerOf({ ...facts, heartbeats, leases: [closed] });
    const beyond = 2_400n - 1_800n - 35n;
    const credit = ((2_000_000n * beyond) / 345_600n) * 10n ** 12n;
    expect(leases[0]).to.deep.include({
      ending: "closed, dark",
      billedSeconds: 1_100n,
      fee: 550n,
      refunded: 20n * 6_100n + 2_000n,
      bounty: 0n,
      penalty: credit,
    });
    expect(hold).to.deep.include({
      account: "Ana",
      bonded: 0n,
      penaltiesPaid: 0n,
      penaltiesReceived: credit - credit / 5n,
    });
    expect(records).to.deep.equal([
      { account: "Webhaus", served: 1n, noShows: 0n, liveSeconds: 1_100n, darkSeconds: 2_400n, slashed: credit },
    ]);
    const never = { ...lease, duration: 30 * 86_400, closedAt: START + 20 * 86_400 };
    const most = ledgerOf({ ...facts, heartbeats: { Webhaus: [900] }, leases: [never] });
    expect(most.leases[0]?.penalty).to.equal(HOLD / 2n);
  });

  it("finds nothing where the chain says what was computed", () => {
    expect(mismatches(ledgerOf(facts), observed())).to.deep.equal([]);
  });

  it("notices every amount that is falsified by one base unit", () => {
    for (const [part, lines] of Object.entries<readonly object[]>({ ...ledgerOf(facts) })) {
      lines.forEach((line, at) => {
        for (const [field, value] of Object.entries(line)) {
          if (typeof value !== "bigint") continue;
          const { ledger, ...rest } = observed();
          const falsified = lines.map((each, index) => (index === at ? { ...each, [field]: value + 1n } : each));
          const found = mismatches(ledgerOf(facts), { ...rest, ledger: { ...ledger, [part]: falsified } });
          expect(
            found.some((text) => text.includes(`${field} is ${value + 1n}`)),
            `${part} ${field}`,
          ).to.equal(true);
        }
      });
    }
  });

  it("notices a lease that did not end, one that is missing, and a vault that does not balance", () => {
    const { ledger, vaults } = observed();
    expect(mismatches(ledgerOf(facts), { ledger, vaults, unfinished: ["1-1"] })).to.deep.equal([
      "lease 1-1 has not come to its end",
    ]);
    expect(mismatches(ledgerOf(facts), { ledger: { ...ledger, leases: [] }, vaults, unfinished: [] })).to.deep.equal([
      "lease 1-1: is missing on the chain",
    ]);
    const short = [{ token: "DUSD", balance: 6n, liabilities: 7n }];
    expect(mismatches(ledgerOf(facts), { ledger, vaults: short, unfinished: [] })).to.deep.equal([
      "escrow holds 6 of DUSD, it owes 7",
    ]);
  });
});
