import { expect } from "chai";

import type { Duty } from "../../../keeper/core/duties";
import type { Outlook } from "../../../keeper/ops/outlook";
import { describe as describeOutlook, dueText, some, toJson } from "../../../keeper/ops/report";

const TOKEN = "0x8464135c8F25Da09e49BC8782676a84730C318bC";
const NOW = 1_795_286_865;

const expire = (index: number): Duty => ({
  key: `expire 1-${index}`,
  kind: "expire",
  id: (1n << 32n) | BigInt(index),
  dueAt: NOW - 180,
  token: TOKEN,
  bounty: 2_000n,
});
const NOTHING: Outlook = {
  head: { number: 128, hash: "0x80", timestamp: NOW, baseFeePerGas: 1n },
  leases: 11,
  disputes: 1,
  backlog: { duties: 0, dueSince: undefined },
  nextDueAt: undefined,
  actions: [],
  skipped: [],
};

describe("Report of a plan", () => {
  it("says where the chain is, and that nothing is to be done", () => {
    expect(describeOutlook(NOTHING)).to.equal(
      "Block 128, 2026-11-21 18:47:45 UTC by the chain.\n" +
        "11 leases not ended, 1 dispute not settled, nothing due.\n\n" +
        "This is what anybody could do: no account is known, so balance, transactions and claims do not count.\n" +
        "Set KEEPER_ACCOUNT to see what one keeper would do.\n\n" +
        "Nothing is to be done.",
    );
  });

  it("says what would be sent, for what, since when it is due, what it costs and what it earns", () => {
    const duties = [1, 2, 3, 4, 5, 6].map(expire);
    const action = { kind: "expire", dueAt: NOW - 180, gas: 154_500n, gasLimit: 200_000n } as const;
    const text = describeOutlook({
      ...NOTHING,
      backlog: { duties: 6, dueSince: NOW - 180 },
      nextDueAt: NOW + 3_420,
      actions: [{ ...action, duties, cost: 154_500_000_000_001n, earns: 2n * 10n ** 15n }],
    });
    expect(text).to.contain("6 duties due, the first for 3m.");
    expect(text).to.match(/expire +1-1, 1-2, 1-3, 1-4, and 2 more +3m +154,500 +0\.0001545 +0\.002 +12000 of 0x8464/);
    const tokens = { [TOKEN]: { symbol: "USDC", decimals: 6 } };
    const known = describeOutlook({
      ...NOTHING,
      tokens,
      actions: [{ ...action, duties, cost: 1n, earns: 0n }],
    });
    expect(known).to.match(/0\.012 USDC$/m);
    expect(text).to.contain("The next duty falls due at 2026-11-21 19:44:45 UTC, in 57m.");
  });

  it("says what is left undone, once for each reason, why, and when that changes first", () => {
    const reason = "does not pay" as const;
    const text = describeOutlook({
      ...NOTHING,
      skipped: [
        { duty: expire(1), reason, until: NOW + 600 },
        { duty: expire(2), reason, until: NOW + 60 },
        { duty: expire(3), reason: "account empty" },
      ],
    });
    expect(text).to.match(/expire 1-1, expire 1-2 +does not pay +2026-11-21 18:48:45 UTC/);
    expect(text).to.match(/expire 1-3 +account empty$/m);
    expect(text).not.to.contain("Nothing is to be done");
  });

  it("fits the terminal, and is one row per line where there is none", () => {
    const duties = [1, 2, 3, 4, 5, 6].map(expire);
    const action = { kind: "expire", dueAt: NOW - 180, gas: 154_500n, gasLimit: 200_000n } as const;
    const outlook: Outlook = {
      ...NOTHING,
      actions: [{ ...action, duties, cost: 154_500_000_000_001n, earns: 2n * 10n ** 15n }],
      skipped: [{ duty: expire(1), reason: "does not pay", until: NOW + 600 }],
    };
    const widest = (columns?: number): number =>
      Math.max(
        ...describeOutlook(outlook, columns)
          .split("\n")
          .map(({ length }) => length),
      );
    expect(widest()).to.be.greaterThan(120);
    for (const columns of [60, 80, 120]) expect(widest(columns), `${columns}`).to.be.at.most(columns);
  });

  it("tells machines all of it, large numbers as decimal strings", () => {
    const { skipped, head } = JSON.parse(
      toJson({ ...NOTHING, skipped: [{ duty: expire(1), reason: "too late" }] }),
    ) as { skipped: { duty: { bounty: string } }[]; head: { baseFeePerGas: string } };
    expect(skipped[0]?.duty.bounty).to.equal("2000");
    expect(head.baseFeePerGas).to.equal("1");
  });

  it("counts one as one", () => {
    expect(dueText({ duties: 1, dueSince: NOW }, NOW)).to.equal("1 duty due, the first for 0s");
    expect(some(["a", "b"], 2)).to.equal("a, b");
    expect(some(["a", "b", "c"], 2)).to.equal("a, b, and 1 more");
  });
});
