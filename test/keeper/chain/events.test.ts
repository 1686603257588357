import { expect } from "chai";
import { getAddress, type Interface, ZeroHash } from "ethers";

import { doneBy } from "../../../keeper/chain/doneBy";
import { addressesOfSources, decodeEvent, type RawLog, TOPICS } from "../../../keeper/chain/events";
import { Disputes__factory, Escrow__factory, Market__factory, StandingOrders__factory } from "../../../typechain-types";

const [ME, OTHER, TENANT, PROVIDER, TOKEN] = ["e1", "e2", "b1", "c1", "a1"].map((tail) =>
  getAddress(`0x00000000000000000000000000000000000000${tail}`),
) as [string, string, string, string, string];
const ESCROW = "0x00000000000000000000000000000000000000e9";
const SOURCES = {
  market: "0x00000000000000000000000000000000000000f1",
  orders: "0x00000000000000000000000000000000000000F2",
  disputes: "0x00000000000000000000000000000000000000F3",
};
const market = Market__factory.createInterface();
const orders = StandingOrders__factory.createInterface();
const disputes = Disputes__factory.createInterface();
const LEASE = (7n << 32n) | 12n;
const NEXT = (8n << 32n) | 1n;
const DISPUTE = (LEASE << 160n) | BigInt(TENANT);

const block = { number: 5, hash: "0xb5" };
function log(address: string, contract: Interface, name: string, values: readonly unknown[]): RawLog {
  const { topics, data } = contract.encodeEventLog(name, values);
  return { address, topics, data, blockNumber: block.number, blockHash: block.hash };
}
const said = (name: string, ...values: unknown[]): RawLog => log(SOURCES.market, market, name, values);
const ordered = (name: string, ...values: unknown[]): RawLog => log(SOURCES.orders, orders, name, values);
const disputed = (name: string, ...values: unknown[]): RawLog => log(SOURCES.disputes, disputes, name, values);

describe("decodeEvent", () => {
  const weights = [1, 1, 1, 1, 1, 1, 1, 1];
  const cases: [RawLog, object][] = [
    [
      said("TermsPublished", 3, [ME, 250, 100, 1_000, 86_400, 900, 1], weights),
      { type: "TermsPublished", version: 3n, activationWindow: 900 },
    ],
    [said("TokenListed", TOKEN, 4, 1, 100, 50), { type: "TokenListed", listing: 4n, token: TOKEN, bounty: 50n }],
    [
      said("LeaseOpened", LEASE, TENANT, PROVIDER, 2, 7_200, 1, 100, 200, 3, 4),
      {
        type: "LeaseOpened",
        leaseId: LEASE,
        tenant: TENANT,
        provider: PROVIDER,
        duration: 7_200,
        termsVersion: 3n,
        listing: 4n,
      },
    ],
    [said("LeaseActivated", LEASE, 1_000, 5), { type: "LeaseActivated", leaseId: LEASE, startedAt: 1_000 }],
    [said("LeaseExtended", LEASE, ME, 9_000, 1), { type: "LeaseExtended", leaseId: LEASE, duration: 9_000 }],
    [
      said("LeaseRenewed", LEASE, ME, 9_000, 1, 0, 50),
      { type: "LeaseRenewed", leaseId: LEASE, duration: 9_000, bounty: 50n },
    ],
    [said("NoticeGiven", LEASE, 9_000, 1), { type: "NoticeGiven", leaseId: LEASE, duration: 9_000 }],
    [said("LeaseTransferred", LEASE, TENANT, OTHER, 1), { type: "LeaseTransferred", leaseId: LEASE, tenant: OTHER }],
    [said("LeaseClosed", LEASE, ME, 2, 5_000, 10, 20, 50), { type: "LeaseClosed", leaseId: LEASE, endedAt: 5_000 }],
    [said("LeaseCancelled", LEASE, ME, 4, 10, 50, 0), { type: "LeaseCancelled", leaseId: LEASE }],
    [said("LeaseCollected", LEASE, 10, 20), { type: "LeaseCollected", leaseId: LEASE }],
    [said("LeaseSettled", LEASE, 10), { type: "LeaseSettled", leaseId: LEASE }],
    [said("CollateralReleased", LEASE, 10), { type: "CollateralReleased", leaseId: LEASE }],
    [said("ClaimOpened", LEASE, TENANT, SOURCES.disputes, 1, 2, 3, 4, 5), { type: "ClaimOpened", leaseId: LEASE }],
    [said("ClaimEnded", LEASE, TENANT, true, 1, 2, 3, 4, 5), { type: "ClaimEnded", leaseId: LEASE }],
    [
      ordered("OrderPlaced", LEASE, TENANT, 3_600, 3, 1, 60, [
        { offer: 8, provider: PROVIDER },
        { offer: 9, provider: TENANT },
      ]),
      { type: "OrderPlaced", leaseId: LEASE, period: 3_600, count: 3, maxBounty: 60n, fallbacks: 2 },
    ],
    [ordered("OrderCancelled", LEASE, TENANT), { type: "OrderCancelled", leaseId: LEASE }],
    [ordered("OrderFailedOver", LEASE, NEXT, ME, 2), { type: "OrderFailedOver", leaseId: LEASE, to: NEXT, count: 2 }],
    [
      disputed("DisputeFiled", DISPUTE, LEASE, PROVIDER, TENANT, 0, 1, ZeroHash, 1, 1, 1, 1, 1),
      { type: "DisputeMoved", disputeId: DISPUTE, phase: "Filed" },
    ],
    ...(
      [
        ["DisputeAnswered", [DISPUTE, 5, false], "Answered"],
        ["DisputeDecided", [DISPUTE, 1], "Decided"],
        ["DisputeAppealed", [DISPUTE, ME, 1, true], "Appealed"],
        ["AppealDecided", [DISPUTE, 1], "Final"],
        ["DisputeConceded", [DISPUTE], "Final"],
        ["DisputeWithdrawn", [DISPUTE, 2], "Final"],
        ["DisputeExecuted", [DISPUTE, 1, 10], "Executed"],
        ["DisputeSettled", [DISPUTE, 1, 2, 3, 4, 5], "Settled"],
      ] as const
    ).map(([name, values, phase]): [RawLog, object] => [
      disputed(name, ...values),
      { type: "DisputeMoved", disputeId: DISPUTE, phase },
    ]),
  ];

  it("understands every event whose topic is asked for", () => {
    for (const [raw, expected] of cases) {
      expect(decodeEvent(raw, SOURCES)).to.deep.equal({ ...expected, block });
      expect(TOPICS).to.include(raw.topics[0]);
    }
    expect(new Set(cases.map(([raw]) => raw.topics[0]))).to.deep.equal(new Set(TOPICS));
  });

  it("knows the contracts by address, however nodes write it; what others say is nothing (ATK-KPR-2)", () => {
    const [raw] = cases[8]!;
    const upper = { ...raw, address: raw.address.toUpperCase().replace("0X", "0x") };
    expect(decodeEvent(upper, SOURCES)).to.have.property("type", "LeaseClosed");
    expect(decodeEvent({ ...raw, address: ESCROW }, SOURCES)).to.equal(undefined);
    expect(decodeEvent({ ...raw, address: SOURCES.orders }, SOURCES)).to.equal(undefined);
    expect(decodeEvent(said("EntriesPaused", 5), SOURCES)).to.equal(undefined);
    expect(addressesOfSources(SOURCES)).to.deep.equal([SOURCES.market, SOURCES.orders, SOURCES.disputes]);
  });
});

describe("doneBy", () => {
  const done = (...logs: RawLog[]) => doneBy(ME, SOURCES, logs);

  it("tells each duty with its bounty", () => {
    expect(done(said("LeaseClosed", LEASE, ME, 2, 5_000, 10, 20, 50))).to.deep.equal([
      { key: "expire 7-12", bounty: 50n },
    ]);
    expect(done(said("LeaseClosed", LEASE, ME, 7, 5_000, 10, 20, 50))).to.deep.equal([
      { key: "expire 7-12", bounty: 50n },
    ]);
    expect(done(said("LeaseCancelled", LEASE, ME, 4, 10, 50, 0))).to.deep.equal([
      { key: "cancelNoShow 7-12", bounty: 50n },
    ]);
    expect(done(said("LeaseRenewed", LEASE, ME, 9_000, 1, 0, 60))).to.deep.equal([{ key: "renew 7-12", bounty: 60n }]);
    const name = `7-12/${TENANT}`;
    expect(done(disputed("DisputeExecuted", DISPUTE, 1, 10))).to.deep.equal([{ key: `execute ${name}`, bounty: 0n }]);
    const settled = disputed("DisputeSettled", DISPUTE, 1, 2, 3, 4, 5);
    expect(done(settled)).to.deep.equal([{ key: `settle ${name}`, bounty: 0n }]);
  });

  it("finds the bounty of a failover in what the market had the escrow pay", () => {
    const paid = (module: string, payee: string, amount: number): RawLog =>
      log(ESCROW, Escrow__factory.createInterface(), "LockedAndPaid", [module, TOKEN, TENANT, 0, payee, amount]);
    const failedOver = ordered("OrderFailedOver", LEASE, NEXT, ME, 2);
    expect(
      done(paid(SOURCES.market, ME, 70), paid(ESCROW, ME, 1), paid(SOURCES.market, OTHER, 2), failedOver),
    ).to.deep.equal([{ key: "failOver 7-12", bounty: 70n }]);
  });

  it("counts a lease that was paid and released at once once", () => {
    const logs = [
      said("LeaseCollected", LEASE, 1, 2),
      said("LeaseSettled", LEASE, 1),
      said("CollateralReleased", LEASE, 1),
    ];
    expect(done(...logs)).to.deep.equal([{ key: "collect 7-12", bounty: 0n }]);
    expect(done(said("CollateralReleased", LEASE, 1))).to.have.length(1);
  });

  it("claims nothing that others did, and no ends that are no duty", () => {
    const nothing = [
      said("LeaseClosed", LEASE, OTHER, 2, 5_000, 10, 20, 50),
      said("LeaseClosed", LEASE, ME, 1, 5_000, 10, 20, 0), // as its tenant
      said("LeaseCancelled", LEASE, ME, 3, 10, 0, 0),
      said("LeaseCancelled", LEASE, OTHER, 4, 10, 50, 0),
      said("LeaseRenewed", LEASE, OTHER, 9_000, 1, 0, 60),
      ordered("OrderFailedOver", LEASE, NEXT, OTHER, 2),
      { ...said("LeaseClosed", LEASE, ME, 2, 5_000, 10, 20, 50), address: ESCROW },
    ];
    expect(done(...nothing)).to.deep.equal([]);
  });
});
