import { expect } from "chai";

import { mismatches, type Observed } from "../../scripts/demo/check";
import { type Facts, ledgerOf } from "../../scripts/demo/model";

const X32 = 2n ** 32n;

const facts: Facts = {
  rules: {
    feeBps: 250n,
    noShowBps: 1_000n,
    tenantBps: 8_000n,
    grace: 600,
    outageAllowance: 1_800,
    toleranceBps: 100,
    weights: { cpu: 0n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n, gpuCount: 10n ** 18n },
    bounties: { DUSD: 2_000n },
  },
  leases: [
    {
      name: "1-1",
      tenant: "Ana",
      offer: {
        provider: "Webhaus",
        token: "DUSD",
        priceX32: 10n * X32,
        minDuration: 3_600,
        resources: { cpu: 0n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n, gpuCount: 1n },
      },
      units: 2n,
      duration: 7_200,
      activatedAt: 1_000,
    },
  ],
  heartbeats: { Webhaus: Array.from({ length: 20 }, (_, beat) => 900 + 500 * beat) },
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

  it("finds nothing where the chain says what was computed", () => {
    expect(mismatches(ledgerOf(facts), observed())).to.deep.equal([]);
  });

  it("notices every amount that is falsified by one base unit", () => {
    const { leases, accounts, hold } = ledgerOf(facts);
    for (const [part, lines] of Object.entries({ leases, accounts, hold })) {
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
