import { join } from "node:path";

import { expect } from "chai";
import { Transaction, Wallet } from "ethers";
import { pino } from "pino";

import { openDatabase } from "../../keeper/store/open";
import { DEPLOYMENT, temporaryDirectory } from "../helpers/databases";
import { type Broadcast, Broadcasts } from "./broadcasts";
import { GWEI } from "./chain";
import type { Deed, MinedTransaction } from "./oracle";
import type { Cost } from "./money";
import type { Observed } from "./observed";
import { scenarioOf } from "./scenario";
import { type JournalRow, StoreFile } from "./store";
import { passed, Tally } from "./tally";
import { judge } from "./verdict";

const KEEPER = `0x${"11".repeat(20)}`;
const MARKET = `0x${"22".repeat(20)}`;
const RIVAL = "0xrival";
const CAP = 50n * GWEI;
const BLOCK = 100;

/** A transaction of the keeper, as a test thinks of it: in order unless it says otherwise. */
interface Sent {
  readonly nonce: number;
  readonly names: readonly string[];
  /** What it did; all that it names by default. */
  readonly did?: readonly string[];
  /** Where it was mined; undefined: it was not. */
  readonly block?: number | undefined;
  readonly index?: number;
  /** What the endpoints saw of it; undefined: nothing. */
  readonly broadcast?: Partial<Broadcast> | undefined;
  /** What the journal says of it; undefined: nothing. */
  readonly row?: Partial<JournalRow> | undefined;
  readonly cost?: Partial<Cost>;
}

/** A journal as a test wants it to be. */
class FakeStore extends StoreFile {
  constructor(
    private readonly rows: JournalRow[] | undefined,
    private readonly dueNow: number | undefined,
  ) {
    super("nowhere.sqlite");
  }

  override journal(account: string): JournalRow[] | undefined {
    return account === KEEPER ? this.rows : [];
  }

  override due(): number | undefined {
    return this.dueNow;
  }
}

const hashOf = (nonce: number): string => `0x${nonce}`;
const timeOf = (block: number): number => block * 12;
/** Something that somebody else did. */
const byRival = (duty: string, block: number, index = 0): Deed => {
  return { duty, hash: RIVAL, block, time: timeOf(block), index };
};

/** A run in which the keeper sent this, and others did that. */
function seenOf(
  sent: readonly Sent[],
  { rivals = [], due = 0, ...rest }: Partial<Observed> & { rivals?: readonly Deed[]; due?: number } = {},
): Observed {
  const broadcasts = new Broadcasts();
  const transactions: MinedTransaction[] = [];
  const rows: JournalRow[] = [];
  const deeds: Deed[] = [...rivals];
  const costs: Cost[] = [];
  const named = new Map<string, readonly string[]>();
  for (const one of sent) {
    const { nonce, names, did = names, index = 0 } = one;
    const hash = hashOf(nonce);
    const block = "block" in one ? one.block : BLOCK + nonce;
    if (!("broadcast" in one) || one.broadcast !== undefined) {
      const usual = {
        hash,
        raw: "0x",
        nonce,
        maxFee: CAP,
        priorityFee: GWEI,
        gasLimit: 200_000n,
        store: 0,
        journalled: true,
        headTime: 0,
        forks: 0,
      };
      broadcasts.all.set(hash, { ...usual, ...one.broadcast });
    }
    if (!("row" in one) || one.row !== undefined) {
      rows.push({ nonce, hash, mined_block: block ?? null, outcome: null, counted: 0, ...one.row });
    }
    if (block === undefined) continue;
    const time = timeOf(block);
    transactions.push({ hash, from: KEEPER, to: MARKET, nonce, input: "0x", transactionIndex: index, block, time });
    named.set(hash, names);
    costs.push({ hash, gasUsed: 100_000n, price: 2n * GWEI, baseFee: GWEI, ...one.cost });
    deeds.push(...did.map((duty) => ({ duty, hash, block, time, index })));
  }
  deeds.sort((a, b) => a.block - b.block || a.index - b.index);
  return {
    scenario: scenarioOf(1),
    account: KEEPER,
    broadcasts,
    foreign: new Set(),
    reading: { transactions, deeds, named, costs, times: new Map() },
    head: { number: 200, hash: "0x", timestamp: timeOf(200), gasUsed: 0, transactions: [] },
    cap: CAP,
    left: [],
    calmFrom: 150,
    poisoned: new Set(),
    lag: 1,
    store: new FakeStore(rows, due),
    storesLost: 0,
    stop: { code: 0, ms: 100 },
    ends: [],
    blocks: 200,
    starts: 1,
    forks: 0,
    deepestFork: 0,
    takenBack: new Map(),
    faults: new Map(),
    kills: new Map(),
    fates: new Map(),
    others: new Map(),
    calls: 0,
    lines: [],
    story: [],
    ms: 1,
    ...rest,
  };
}

/** The one fault of a run that has no other. */
function onlyFault(seen: Observed): string {
  const { lost, double, faults } = judge(seen);
  expect([lost, double, faults.length]).to.deep.equal([[], [], 1], faults.join("\n"));
  expect(passed(judge(seen))).to.equal(false);
  return String(faults[0]);
}

const first: Sent = { nonce: 0, names: ["expire 7-1", "expire 7-2"] };
const second: Sent = { nonce: 1, names: ["renew 7-3"] };

describe("The verdict on a run of the harness", () => {
  it("finds nothing where everything was done once", () => {
    const verdict = judge(seenOf([first, second], { rivals: [byRival("expire 9-9", 90)] }));
    expect(passed(verdict)).to.equal(true);
    expect(verdict).to.include({ due: 4, done: 3, mined: 2, broadcast: 2, lag: 1 });
    expect([...verdict.excused]).to.deep.equal([]);
  });

  it("calls lost what is still due at the end", () => {
    const verdict = judge(seenOf([first], { left: ["expire 7-4"] }));
    expect(verdict.lost).to.deep.equal(["expire 7-4"]);
    expect(verdict.due).to.equal(3);
    expect(passed(verdict)).to.equal(false);
  });

  describe("calls double", () => {
    const doubles = (...more: Sent[]): readonly string[] => {
      const verdict = judge(seenOf([first, ...more]));
      expect(passed(verdict)).to.equal(verdict.double.length === 0);
      expect([verdict.lost, verdict.faults]).to.deep.equal([[], []]);
      return verdict.double;
    };

    it("a duty in a transaction after one that had done it", () => {
      const [text, ...none] = doubles({ nonce: 1, names: ["expire 7-2"], did: [] });
      expect(text).to.contain("expire 7-2").and.contain(hashOf(0)).and.contain(hashOf(1));
      expect(none).to.deep.equal([]);
    });

    it("a duty in a later transaction of the same block", () => {
      expect(doubles({ nonce: 1, names: ["expire 7-1"], did: [], block: BLOCK, index: 1 })).to.have.length(1);
    });

    it("a duty that one transaction names twice", () => {
      expect(doubles({ nonce: 1, names: ["expire 7-3", "expire 7-3"], did: ["expire 7-3"] })).to.have.length(1);
    });

    it("not what is due again and again, like a renewal", () => {
      expect(doubles(second, { ...second, nonce: 2 })).to.deep.equal([]);
    });
  });

  describe("excuses what did nothing", () => {
    const idle: Sent = { nonce: 0, names: ["renew 7-1"], did: [], index: 3 };
    const excuses = (seen: Observed): unknown[] => {
      const verdict = judge(seen);
      expect(passed(verdict)).to.equal(true);
      return [...verdict.excused];
    };

    it("where a fork changed what an order relied on, and nothing else", () => {
      const broadcast = { headTime: timeOf(BLOCK) - 1 };
      const forked = seenOf([{ ...idle, broadcast }], { forks: 1 });
      expect(excuses(forked)).to.deep.equal([["a fork changed what it relied on", 1]]);
      onlyFault(seenOf([{ ...idle, broadcast }], { forks: 0 }));
      onlyFault(seenOf([{ ...idle, names: ["expire 7-1"], broadcast }], { forks: 1 }));
    });

    it("where a fork took the first transaction back after the second was sent, and brought them together", () => {
      const again: Sent = { nonce: 1, names: ["expire 7-2"], did: [], broadcast: { forks: 1 } };
      const after = (fork: number): Observed =>
        seenOf([first, again], { forks: 2, takenBack: new Map([[hashOf(0), fork]]) });
      expect(excuses(after(2))).to.deep.equal([["brought together by a fork", 1]]);
      expect(judge(after(1)).double).to.have.length(1);
      const byAnother = { rivals: [byRival("expire 7-2", BLOCK - 1)], takenBack: new Map([[RIVAL, 2]]) };
      expect(excuses(seenOf([again], { forks: 2, ...byAnother }))).to.deep.equal([["rival was first", 1]]);
      expect(judge(seenOf([first, again], { forks: 2, takenBack: new Map([[hashOf(1), 2]]) })).double).to.have.length(
        1,
      );
    });

    it("where a fork took back another attempt of the first one's nonce after the second one was sent", () => {
      const again: Sent = { nonce: 1, names: ["expire 7-2"], did: [], broadcast: { forks: 1 } };
      const after = (fork: number, nonce: number): Observed => {
        const seen = seenOf([first, again], { forks: 2, takenBack: new Map([["0xearlier", fork]]) });
        const attempt = seen.broadcasts.all.get(hashOf(0));
        if (attempt !== undefined) seen.broadcasts.all.set("0xearlier", { ...attempt, hash: "0xearlier", nonce });
        return seen;
      };
      expect(excuses(after(2, 0))).to.deep.equal([["brought together by a fork", 1]]);
      expect(judge(after(1, 0)).double).to.have.length(1);
      expect(judge(after(2, 2)).double).to.have.length(1);
    });

    it("where the journal that knew of the first transaction was lost before the second", () => {
      const again: Sent = { nonce: 1, names: ["expire 7-2"], did: [], broadcast: { store: 1 } };
      const seen = seenOf([first, again], { storesLost: 1 });
      expect(excuses(seen)).to.deep.equal([["sent before the journal was lost", 1]]);
      expect(judge(seen).double).to.deep.equal([]);
    });

    it("where a rival had done it", () => {
      for (const rivals of [[byRival("renew 7-1", BLOCK - 1)], [byRival("renew 7-1", BLOCK, 2)]]) {
        expect(excuses(seenOf([idle], { rivals }))).to.deep.equal([["rival was first", 1]]);
      }
    });

    it("where a fork put it before the second in which it was sent", () => {
      const broadcast = { headTime: timeOf(BLOCK) };
      expect(excuses(seenOf([{ ...idle, broadcast }]))).to.deep.equal([["mined early by a fork", 1]]);
    });

    it("where a fork put the second renewal before the moment of both, and only of what is done again", () => {
      const names = ["renew 7-1"];
      const first: Sent = { nonce: 0, names, block: BLOCK - 3 };
      const second: Sent = { nonce: 1, names, did: [], broadcast: { headTime: timeOf(BLOCK + 1) } };
      expect(excuses(seenOf([first, second]))).to.deep.equal([["mined early by a fork", 1]]);
      const expiry = (sent: Sent): Sent => ({ ...sent, names: ["expire 7-1"] });
      expect(judge(seenOf([expiry(first), expiry(second)])).double).to.have.length(1);
      expect(judge(seenOf([first, { ...second, broadcast: {} }])).double).to.have.length(1);
    });

    it("where the lease ended otherwise", () => {
      const rivals = [byRival("expire 7-1", BLOCK)];
      expect(excuses(seenOf([idle], { rivals }))).to.deep.equal([["no longer possible", 1]]);
    });

    it("and nothing else: neither what others did later, nor with other leases", () => {
      const later = [byRival("renew 7-1", BLOCK, 4)];
      expect(judge(seenOf([idle], { rivals: later })).excused.get("rival was first")).to.equal(undefined);
      const broadcast = { headTime: timeOf(BLOCK) - 1 };
      const seen = seenOf([{ ...idle, broadcast }], { rivals: [byRival("renew 17-1", 1), byRival("renew 7-11", 1)] });
      expect(onlyFault(seen)).to.contain("renew 7-1").and.contain("for no reason");
    });
  });

  it("catches a fee above the cap, though the transaction was never mined (ATK-KPR-6)", () => {
    const fees = [{ maxFee: CAP + 1n }, { priorityFee: CAP + 1n }];
    for (const broadcast of fees) {
      expect(onlyFault(seenOf([{ ...first, broadcast }]))).to.contain("above the cap");
      const replaced: Sent = { nonce: 0, names: [], block: undefined, broadcast, row: undefined };
      expect(onlyFault(seenOf([replaced]))).to.contain("above the cap");
    }
    expect(passed(judge(seenOf([{ ...first, broadcast: { maxFee: CAP, priorityFee: CAP } }])))).to.equal(true);
  });

  it("catches what nodes heard before it was written down, or while nobody could tell (ATK-KPR-1)", () => {
    expect(onlyFault(seenOf([{ ...first, broadcast: { journalled: false } }]))).to.contain("before it was in");
    expect(onlyFault(seenOf([{ ...first, broadcast: { journalled: undefined } }]))).to.contain("could not be read");
  });

  describe("accounts for every nonce (ATK-KPR-1, ATK-KPR-4)", () => {
    it("catches one that was mined, and that no endpoint saw", () => {
      expect(onlyFault(seenOf([{ ...first, broadcast: undefined }]))).to.contain("no endpoint saw it");
    });

    it("catches one that was mined, and that the journal does not know", () => {
      expect(onlyFault(seenOf([{ ...first, row: undefined }]))).to.contain("the journal does not know it");
    });

    it("excuses one that an earlier store knew, since that was lost", () => {
      const forgotten = { ...first, row: undefined };
      expect(passed(judge(seenOf([forgotten], { storesLost: 1 })))).to.equal(true);
      const known = { ...forgotten, broadcast: { store: 1 } };
      expect(onlyFault(seenOf([known], { storesLost: 1 }))).to.contain("the journal does not know it");
    });

    it("excuses one that somebody else sent with the keeper's key", () => {
      const foreign = { ...first, names: [], broadcast: undefined, row: undefined };
      expect(passed(judge(seenOf([foreign], { foreign: new Set([hashOf(0)]) })))).to.equal(true);
    });

    it("catches one that the journal has in another block", () => {
      expect(onlyFault(seenOf([{ ...first, row: { mined_block: 7 } }]))).to.contain("the journal says 7");
    });

    it("excuses one counted for good in another block, where a fork was deeper than the keeper was told", () => {
      const counted = seenOf([{ ...first, row: { mined_block: 7, counted: 1 } }], { forks: 1, deepestFork: 15 });
      const shallow = { ...counted, scenario: { ...counted.scenario, reorgDepth: 14 } };
      expect(passed(judge(shallow))).to.equal(true);
      expect(passed(judge({ ...shallow, deepestFork: 14 }))).to.equal(false);
      const open = seenOf([{ ...first, row: { mined_block: 7, counted: 0 } }], { forks: 1, deepestFork: 15 });
      expect(passed(judge({ ...open, scenario: shallow.scenario }))).to.equal(false);
    });

    it("excuses one noted late, as a stranger's, where one of two endpoints has no receipts", () => {
      const noted = seenOf([{ ...first, row: { mined_block: BLOCK + 12, outcome: "foreign" } }]);
      const [silent] = scenarioOf(1, { active: new Set(), forced: ["null receipts"] }).lasting;
      const scenario = { ...noted.scenario, endpoints: 2, lasting: silent === undefined ? [] : [silent] };
      expect(passed(judge({ ...noted, scenario }))).to.equal(true);
      expect(passed(judge({ ...noted, scenario: { ...scenario, endpoints: 3 } }))).to.equal(false);
      expect(passed(judge({ ...noted, scenario: { ...scenario, lasting: [] } }))).to.equal(false);
    });

    it("catches one that was used up, and is open in the journal", () => {
      expect(onlyFault(seenOf([{ ...first, row: { mined_block: null } }, second]))).to.contain("used up, but open");
    });

    it("catches one that was signed and never mined", () => {
      expect(onlyFault(seenOf([first, { ...second, block: undefined }]))).to.contain("never mined");
      expect(onlyFault(seenOf([{ ...first, block: undefined }]))).to.contain("never mined");
    });

    it("catches a store that cannot be read", () => {
      expect(onlyFault(seenOf([first], { store: new FakeStore(undefined, 0) }))).to.contain("cannot be read");
    });
  });

  it("catches a store that believes something to be due, or cannot tell, when nothing is", () => {
    expect(onlyFault(seenOf([first], { due: 2 }))).to.contain("2 duties");
    expect(onlyFault(seenOf([], { store: new FakeStore([], undefined) }))).to.contain("nobody knows");
    expect(judge(seenOf([first], { due: 1, left: ["expire 7-4"] })).faults).to.deep.equal([]);
  });

  describe("counts the money by itself", () => {
    const cost = (price: bigint): Sent => ({
      ...first,
      cost: { gasUsed: 100_000n, price: price * GWEI, baseFee: GWEI },
    });
    const many = (price: bigint): Sent[] =>
      [0, 1, 2].map((nonce) => ({ ...cost(price), nonce, names: [`expire 7-${nonce}`] }));

    it("adds up what was spent, and what honest prices allow", () => {
      const { money } = judge(seenOf([cost(3n)]));
      expect(money).to.deep.equal({
        spent: 300_000n * GWEI,
        bound: 500_000n * GWEI,
        gas: 100_000n,
        vainGas: 0n,
        fillGas: 0n,
      });
    });

    it("catches a tip of more than twenty times the honest one, in one transaction", () => {
      const dear = { ...cost(12n), cost: { gasUsed: 1_000n, price: 22n * GWEI, baseFee: GWEI } };
      const cheap: Sent = { ...cost(2n), nonce: 1, names: ["expire 7-3"] };
      expect(onlyFault(seenOf([dear, cheap]))).to.contain("paid a tip of 21000000000 wei");
      const within = { ...dear, cost: { gasUsed: 1_000n, price: 21n * GWEI, baseFee: GWEI } };
      expect(passed(judge(seenOf([within, cheap])))).to.equal(true);
    });

    it("catches tips that are too high on average", () => {
      expect(onlyFault(seenOf(many(6n)))).to.contain("honest prices allow");
      expect(passed(judge(seenOf(many(5n))))).to.equal(true);
      const scenario = scenarioOf(1, { active: new Set(), forced: ["swallowed transactions"] });
      expect(passed(judge(seenOf(many(13n), { scenario })))).to.equal(true);
      expect(onlyFault(seenOf(many(14n), { scenario }))).to.contain("honest prices allow");
    });

    const fills = (count: number, first = 0): Sent[] =>
      [...Array(count).keys()].map((i) => {
        return { nonce: first + i, names: [], cost: { gasUsed: 21_000n, price: 2n * GWEI, baseFee: GWEI } };
      });

    it("catches transfers of nothing that take more than a twentieth of the gas, from the ninth on", () => {
      const work = (gasUsed: bigint): Sent => ({ ...cost(2n), cost: { gasUsed, price: 2n * GWEI, baseFee: GWEI } });
      expect(passed(judge(seenOf([work(100_000n), ...fills(8, 1)])))).to.equal(true);
      expect(onlyFault(seenOf([work(3_590_999n), ...fills(9, 1)]))).to.contain(
        "189000 of 3779999 gas only used nonces up",
      );
      expect(passed(judge(seenOf([work(3_591_000n), ...fills(9, 1)])))).to.equal(true);
    });

    it("allows sixteen more of them for each fork", () => {
      expect(passed(judge(seenOf(fills(24), { forks: 1 })))).to.equal(true);
      expect(onlyFault(seenOf(fills(25), { forks: 1 }))).to.contain("525000 of 525000 gas only used nonces up");
    });

    it("leaves out what somebody else paid with the keeper's key", () => {
      const foreign: Sent = { ...cost(100n), names: [], broadcast: undefined, row: undefined };
      const seen = seenOf([foreign], { foreign: new Set([hashOf(0)]) });
      expect(passed(judge(seen))).to.equal(true);
      expect(judge(seen).money.spent).to.equal(0n);
    });

    it("catches a duty that was tried more often than others were first", () => {
      const tries = [0, 1].map((nonce): Sent => ({ nonce, names: ["renew 7-1"], did: [] }));
      const once = { rivals: [byRival("renew 7-1", 90)] };
      expect(onlyFault(seenOf(tries, once))).to.contain("tried 2 times in vain, and others did it 1 times");
      expect(passed(judge(seenOf(tries, { rivals: [...once.rivals, byRival("renew 7-1", BLOCK, -1)] })))).to.equal(
        true,
      );
      const forked = { ...once, takenBack: new Map([[hashOf(1), 1]]) };
      expect(passed(judge(seenOf(tries, forked)))).to.equal(true);
    });

    it("catches a duty that its tenant made vain more than five times", () => {
      const tries = [...Array(6).keys()].map((nonce): Sent => ({ nonce, names: ["renew 7-1"], did: [] }));
      const poisoned = new Set(tries.map(({ nonce }) => hashOf(nonce)));
      expect(onlyFault(seenOf(tries, { poisoned }))).to.contain("tried 6 times in vain, its tenant");
      const fewer = judge(seenOf(tries.slice(1), { poisoned }));
      expect([passed(fewer), ...fewer.excused]).to.deep.equal([true, ["poisoned by its tenant", 5]]);
      expect(fewer.money).to.include({ gas: 500_000n, vainGas: 500_000n });
    });
  });

  it("calls stopped what left something undone, and did nothing since the last fault", () => {
    const left = { left: ["expire 7-4"] };
    expect(judge(seenOf([first], left)).stopped).to.equal(true);
    expect(judge(seenOf([{ ...first, block: 150 }], left)).stopped).to.equal(false);
    expect(judge(seenOf([{ ...first, block: 149 }], left)).stopped).to.equal(true);
    expect(judge(seenOf([first])).stopped).to.equal(false);
  });

  it("catches a keeper that stops late, with another code than 0, or ended by itself in another way than it may", () => {
    expect(onlyFault(seenOf([first], { stop: { code: "SIGKILL", ms: 10 } }))).to.contain("SIGKILL");
    expect(onlyFault(seenOf([first], { stop: { code: 0, ms: 5_001 } }))).to.contain("5001 ms");
    expect(onlyFault(seenOf([first], { ends: [1, 134] }))).to.contain("134");
    expect(passed(judge(seenOf([first], { stop: { code: 0, ms: 5_000 }, ends: [1] })))).to.equal(true);
  });
});

describe("What the verdict rests on", () => {
  const wallet = new Wallet(`0x${"2b".repeat(32)}`);
  const raw = wallet.signTransaction({
    type: 2,
    chainId: 31_337,
    nonce: 5,
    to: MARKET,
    gasLimit: 21_000,
    maxFeePerGas: CAP + 1n,
    maxPriorityFeePerGas: 3n,
  });

  it("notes of a broadcast what its bytes say, and of the first time whether it was journalled", async () => {
    const broadcasts = new Broadcasts();
    expect(broadcasts.note(await raw, { store: 2, headTime: 99, forks: 1 }, () => false)).to.equal(true);
    expect(broadcasts.note(await raw, { store: 3, headTime: 100, forks: 2 }, () => true)).to.equal(false);
    const { hash } = Transaction.from(await raw);
    expect([...broadcasts.all.values()]).to.deep.equal([
      {
        hash,
        raw: await raw,
        nonce: 5,
        maxFee: CAP + 1n,
        priorityFee: 3n,
        gasLimit: 21_000n,
        store: 2,
        journalled: false,
        headTime: 99,
        forks: 1,
      },
    ]);
  });

  it("reads the keeper's own tables: its journal, and what it believes to be due", async () => {
    const file = join(temporaryDirectory(), "keeper.sqlite");
    const store = new StoreFile(file);
    expect([store.journal("0xme"), store.due(1), store.holds("0xa")]).to.deep.equal([undefined, undefined, undefined]);
    const database = await openDatabase(file, { deployment: DEPLOYMENT, log: pino({ level: "silent" }) });
    await database.query(
      "INSERT INTO transactions (account, nonce, attempt, hash, raw, kind, duties, max_fee, priority_fee, gas_limit, signed_block, signed_at, sent) " +
        "VALUES ('0xme', 4, 1, '0xa', '0x', 'expire', '[]', '1', '1', '1', 1, 1, 0)",
    );
    expect([store.holds("0xa"), store.holds("0xb"), store.due(1)]).to.deep.equal([true, false, 0]);
    expect(store.journal("0xme")).to.deep.equal([
      { nonce: 4, hash: "0xa", mined_block: null, outcome: null, counted: 0 },
    ]);
    expect(store.journal("0xyou")).to.deep.equal([]);
    await database.close();
  });
});

describe("The tally of all runs", () => {
  it("is good only while no run failed, was lost, or could not be played", () => {
    const good = seenOf([first]);
    const bad = seenOf([first], { left: ["expire 7-4"] });
    const tally = new Tally();
    tally.add(1, good, judge(good));
    expect([tally.good, tally.failed]).to.deep.equal([true, []]);
    tally.add(2, bad, judge(bad));
    expect([tally.good, tally.failed, tally.lost]).to.deep.equal([false, [2], 1]);
    const broken = new Tally();
    broken.broken(3);
    expect([broken.good, broken.failed, broken.other]).to.deep.equal([false, [3], 1]);
  });

  it("is no good where more than two of a hundred gas did nothing, though each run has its excuse", () => {
    const idle: Sent = { nonce: 0, names: ["expire 7-1"], did: [], broadcast: { headTime: timeOf(BLOCK) } };
    const works = (gasUsed: bigint): Sent => ({ ...second, cost: { gasUsed } });
    const tallyOf = (...seen: Observed[]): Tally => {
      const tally = new Tally();
      for (const [seed, each] of seen.entries()) tally.add(seed, each, judge(each));
      return tally;
    };
    expect(tallyOf(seenOf([idle, works(4_900_000n)])).good).to.equal(true);
    expect(tallyOf(seenOf([idle, works(4_899_999n)])).good).to.equal(false);
    expect(tallyOf(seenOf([idle]), seenOf([works(4_900_000n)])).good).to.equal(true);
    const rivals = [byRival("expire 7-1", 90)];
    expect(tallyOf(seenOf([idle, works(1n)], { rivals })).good).to.equal(true);
  });

  it("names what never happened in two hundred runs, which is no good either", () => {
    const seen = seenOf([first], { faults: new Map([["429", 1]]), forks: 1, deepestFork: 13 });
    const tally = new Tally();
    for (let seed = 1; seed < 200; seed++) tally.add(seed, seen, judge(seen));
    expect(tally.good).to.equal(true);
    tally.add(200, seen, judge(seen));
    expect(tally.good).to.equal(false);
    expect(tally.missing()).to.include.members(["fault: timeout", "kill after a receipt", "store: torn", "rival"]);
    for (const what of ["fault: 429", "fork", "fork of more than 12"]) expect(tally.missing()).not.to.include(what);
  });
});
