/** A deployment in words, and any action of it. For tests of sdk/governance. */
import fc from "fast-check";
import { getAddress, ZeroAddress } from "ethers";

import type { Action, Vocabulary } from "../../../sdk/governance/actions";
import type { Facts } from "../../../sdk/governance/calls";
import { type GovernedAddresses, INTERFACE_NAMES } from "../../../sdk/governance/contracts";
import { SETTING_KEYS, settingOf } from "../../../sdk/governance/settings";
import { disputeIdOf, leaseIdOf } from "../../../sdk/ids";

const address = (number: number): string => getAddress(`0x${number.toString(16).padStart(40, "c")}`);

const NAMES = INTERFACE_NAMES.filter((name) => name !== "token");
export const ADDRESSES = Object.fromEntries(NAMES.map((name, index) => [name, address(index)])) as GovernedAddresses;
export const HOLD_TOKEN = ADDRESSES.hold;
export const LISTED = address(0x100);
export const UNLISTED = address(0x200);
export const WHO = address(0xaaa);
const FILED_AT = 1_800_000_000;

export const VOCABULARY: Vocabulary = {
  tokens: new Map([
    [HOLD_TOKEN, { symbol: "HOLD", decimals: 18 }],
    [LISTED, { symbol: "USDC", decimals: 6 }],
    // Any contract can call itself anything.
    [UNLISTED, { symbol: "USDC", decimals: 24 }],
  ]),
  symbols: new Map([
    ["hold", HOLD_TOKEN],
    ["usdc", LISTED],
  ]),
  contracts: new Map(Object.entries(ADDRESSES)),
  filings: new Map([[disputeIdOf(leaseIdOf(7n, 12), WHO), FILED_AT]]),
};

export const FACTS: Facts = {
  addresses: ADDRESSES,
  published: {
    terms: {
      treasury: ADDRESSES.timelock,
      feeBps: 250n,
      toleranceBps: 100n,
      noShowBps: 1_000n,
      noticePeriod: 86_400n,
      activationWindow: 900n,
      creditPeriod: 345_600n,
    },
    weights: {
      cpu: 1_000n,
      memoryMiB: 100n,
      diskGiB: 1_000n,
      bandwidthMbps: 10_000n,
      gpuTier0: 100_000_000n,
      gpuTier1: 250_000_000n,
      gpuTier2: 500_000_000n,
      gpuTier3: 1_000_000_000n,
    },
    rules: {
      appealAuthority: ADDRESSES.timelock,
      bondFloor: 2_000_000n,
      filingFee: 1_000_000n,
      treasury: ADDRESSES.timelock,
      unservedBps: 2_500n,
      shortOfTermsBps: 3_000n,
      dataLostBps: 5_000n,
      dataExposedBps: 10_000n,
    },
  },
};

const WIDTHS: Readonly<Record<string, number>> = { bps: 16, percent: 8, duration: 24, hold: 32 };

/** A value that differs from the one in force, within the field's width: bounds are the contracts' matter. */
function someSetting(): fc.Arbitrary<Action> {
  const { terms, weights, rules } = FACTS.published;
  const inForce: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    terms: { ...terms },
    weights: { ...weights },
    rules: { ...rules },
  };
  return fc.constantFrom(...SETTING_KEYS).chain((key) => {
    const { unit, home } = settingOf(key);
    const value: fc.Arbitrary<bigint | string> =
      unit.kind === "account" ? someAddress() : fc.bigInt(0n, 2n ** BigInt(WIDTHS[unit.kind] ?? 8) - 1n);
    return value
      .filter((candidate) => !("field" in home) || inForce[home.in]?.[home.field] !== candidate)
      .map((candidate): Action => ({ kind: "set", key, value: candidate }));
  });
}

const someAddress = (): fc.Arbitrary<string> =>
  fc.bigInt(1n, 2n ** 160n - 1n).map((value) => getAddress(`0x${value.toString(16).padStart(40, "0")}`));

/** Any action but those that are calls in no other words. */
export function someAction(): fc.Arbitrary<Action> {
  const who = someAddress();
  const token = fc.constantFrom(HOLD_TOKEN, LISTED, UNLISTED);
  const amount = fc.bigInt(0n, 2n ** 96n - 1n);
  const role = fc.oneof(fc.constantFrom(0n, 1n), fc.bigInt(0n, 2n ** 64n - 1n));
  return fc.oneof(
    { weight: 4, arbitrary: someSetting() },
    fc.constantFrom<Action>({ kind: "republish", what: "terms" }, { kind: "republish", what: "rules" }),
    fc.record({ kind: fc.constantFrom("seat" as const, "unseat" as const), member: who }),
    fc.record({ kind: fc.constant("list" as const), token, minimumLock: amount, bounty: amount }),
    fc.record({ kind: fc.constant("delist" as const), token }),
    fc.record({ kind: fc.constant("pay" as const), token, amount, to: who, escrow: fc.boolean() }),
    fc.record({ kind: fc.constant("payNative" as const), amount: fc.bigInt(1n, 2n ** 100n), to: who }),
    fc.record({ kind: fc.constant("guardian" as const), account: fc.oneof(who, fc.constant(ZeroAddress)) }),
    fc.record({ kind: fc.constant("pausable" as const), market: who }),
    fc.record({ kind: fc.constant("tribunal" as const), disputes: who, accepted: fc.boolean() }),
    fc.record({ kind: fc.constant("grant" as const), role, account: who, delay: fc.nat(2 ** 31) }),
    fc.record({ kind: fc.constant("revoke" as const), role, account: who }),
    fc.record({
      kind: fc.constant("decide" as const),
      dispute: fc
        .tuple(fc.bigInt(1n, 2n ** 64n - 1n), fc.integer({ min: 1, max: 2 ** 32 - 1 }), who)
        .map(([offer, index, claimant]) => disputeIdOf(leaseIdOf(offer, index), claimant)),
      filedAt: fc.integer({ min: 1, max: 4_000_000_000 }),
      outcome: fc.constantFrom("upheld" as const, "failed" as const, "rejected" as const),
    }),
  );
}
