import { expect } from "chai";
import { pino } from "pino";

import type { Header } from "../../../keeper/chain/api";
import type { QueueEvent } from "../../../keeper/chain/queueApi";
import type { Attempt } from "../../../keeper/core/slots";
import { type Meter, NO_METER } from "../../../keeper/ops/meter";
import { listenersOf, tellL1Fees, tellQueue, tellSync } from "../../../keeper/ops/telling";

const WARN = 40;
const FROM = { number: 12, hash: "0x12" };
const TO = { number: 9, hash: "0x9" };

describe("What parts tell the log and the meter", () => {
  let entries: { level: number; msg: string; [field: string]: unknown }[];
  let measured: unknown[][];
  const log = pino(
    { base: null, level: "debug" },
    { write: (line: string) => entries.push(JSON.parse(line) as never) },
  );
  const meter = Object.fromEntries(
    Object.keys(NO_METER).map((name) => [name, (...values: unknown[]) => void measured.push([name, ...values])]),
  ) as unknown as Meter;

  beforeEach(() => {
    entries = [];
    measured = [];
  });

  it("a fork counts by its depth, a rescan by what it is of; all are warnings (ATK-KPR-3)", () => {
    const tell = tellSync(log, meter);
    tell({ type: "fork", from: FROM, to: TO, depth: 3 });
    tell({ type: "rescan", reason: "too deep" });
    tell({ type: "audit", block: FROM, to: TO });
    expect(measured).to.deep.equal([
      ["forked", 3],
      ["rescanned", "all"],
      ["rescanned", "recent"],
    ]);
    expect(entries.map(({ level }) => level)).to.deep.equal([WARN, WARN, WARN]);
  });

  it("a guess of what publishing costs counts, and is an error (ATK-KPR-18)", () => {
    tellL1Fees(log, meter)("execution reverted", { base: 2n * 10n ** 15n, perItem: 10n ** 13n });
    expect(measured).to.deep.equal([["guessedL1Fee"]]);
    expect(entries[0]).to.include({ level: 50, reason: "execution reverted", coins: "0.002", coinsPerItem: "0.00001" });
  });

  it("an oddity always counts, and is a warning only while it is news (ATK-KPR-2)", () => {
    const { onOddity } = listenersOf(log, meter);
    const oddity = { endpoint: "one", kind: "differs", what: "a block", detail: "another hash" } as const;
    onOddity?.({ ...oddity, isNew: true });
    onOddity?.({ ...oddity, isNew: false });
    expect(measured).to.deep.equal([
      ["odd", "one", "differs"],
      ["odd", "one", "differs"],
    ]);
    expect(entries.map(({ level }) => level)).to.deep.equal([WARN, 20]);
  });

  it("an agreed head tells how many agree, and how far the others are behind", () => {
    const { onHead } = listenersOf(log, meter);
    onHead?.({ number: 10 } as Header, [
      { endpoint: "one", number: 10, agrees: true },
      { endpoint: "two", number: 7, agrees: false },
      { endpoint: "three", number: undefined, agrees: false },
    ]);
    expect(measured).to.deep.equal([
      ["lagging", "one", 0],
      ["lagging", "two", 3],
      ["agreement", 1, 3, true],
    ]);
  });

  it("a request counts in seconds", () => {
    listenersOf(log, meter).onRequest?.({ endpoint: "one", method: "eth_call", ms: 250, outcome: "answered" });
    expect(measured).to.deep.equal([["requested", "one", "answered", 0.25]]);
  });

  it("a raised fee counts; what waits for somebody else is a warning that says what to do (ATK-KPR-4, ATK-KPR-8)", () => {
    const tell = tellQueue(log, meter);
    const fees = { maxFeePerGas: 30_000_000_000n, maxPriorityFeePerGas: 1n };
    const attempt: Attempt = {
      nonce: 4,
      attempt: 1,
      hash: "0xa",
      raw: "0x",
      kind: "expire",
      duties: [{ key: "expire 1-1", dueAt: 0 }],
      fees,
      gasLimit: 1n,
      signedBlock: 1,
      sent: true,
    };
    const events: QueueEvent[] = [
      { type: "signed", attempt },
      { type: "sent", attempt },
      { type: "raised", attempt, before: fees },
      { type: "refused", attempt, verdict: "insufficientFunds", reason: "no coin" },
      { type: "strangers", nonce: 4, pending: 6 },
    ];
    for (const event of events) tell(event);
    expect(measured).to.deep.equal([["bumped"]]);
    expect(entries.map(({ level }) => level)).to.deep.equal([20, 20, 30, WARN, WARN]);
    expect(entries[0]).to.deep.include({ msg: "signed", hash: "0xa", nonce: 4, duties: ["expire 1-1"], gwei: "30.0" });
    expect(entries[3]?.msg).to.contain("send native coin");
  });
});
