import { expect } from "chai";

import { PrometheusMeter } from "../../../keeper/ops/metrics";

const COIN = 10n ** 18n;

describe("Metrics", () => {
  let now: number;
  let meter: PrometheusMeter;

  beforeEach(() => {
    now = 50;
    meter = new PrometheusMeter(() => now, ["one.example", "two.example"]);
  });

  /** Samples by name and labels, without the prefix that all share: `rpc_requests_total{endpoint="a"}`. */
  async function samples(): Promise<Record<string, number>> {
    const { text } = await meter.expose();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return Object.fromEntries(
      lines.map((line) => {
        const at = line.lastIndexOf(" ");
        return [line.slice(0, at).replace("leasehold_keeper_", ""), Number(line.slice(at + 1))];
      }),
    );
  }

  const look = (number: number, timestamp: number, duties = 0, dueSince?: number): void => {
    const head = { number, timestamp };
    meter.looked({ head, leases: 4, disputes: 1, due: duties + 2 });
    meter.left({ byReason: new Map(), backlog: { duties, dueSince } }, head);
  };

  it("tell how late the first duty that is due is, in seconds and blocks of the chain (ATK-KPR-7)", async () => {
    for (let index = 0; index <= 4; index++) look(100 + index, 1_000 + 12 * index);
    look(105, 1_060, 3, 1_020);
    expect(await samples()).to.include({
      head_block: 105,
      head_timestamp_seconds: 1_060,
      open_leases: 4,
      open_disputes: 1,
      due_duties: 5,
      backlog_duties: 3,
      backlog_due_since_timestamp_seconds: 1_020,
      backlog_lag_seconds: 40,
      backlog_lag_blocks: 3, // due before block 102 of 1,024
    });
    look(106, 1_072);
    const later = await samples();
    expect(later).to.include({ backlog_duties: 0, backlog_lag_seconds: 0, backlog_lag_blocks: 0 });
    expect(later).not.to.have.property("backlog_due_since_timestamp_seconds");
  });

  it("tell of no newest block before one is known: an age since 1970 would be an alert (ATK-KPR-22)", async () => {
    expect(await samples()).not.to.have.any.keys("head_block", "head_timestamp_seconds");
    look(100, 1_000);
    expect(await samples()).to.include({ head_block: 100, head_timestamp_seconds: 1_000 });
  });

  it("estimate blocks by their pace where a duty fell due before any that was seen", async () => {
    look(100, 1_000);
    look(110, 1_100, 1, 900);
    expect(await samples()).to.include({ backlog_lag_blocks: 20 });
  });

  it("count blocks of the fork that is canonical", async () => {
    for (let index = 0; index <= 5; index++) look(100 + index, 1_000 + 12 * index);
    look(103, 1_030); // took back 103 to 105
    look(104, 1_050, 1, 1_031);
    expect(await samples()).to.include({ backlog_lag_blocks: 0 });
  });

  it("tell how late duties were done", async () => {
    look(100, 1_000);
    look(101, 1_012);
    look(102, 1_024);
    meter.did("expire", 1_005, { number: 102, timestamp: 1_024 });
    meter.did("expire", 1_024, { number: 102, timestamp: 1_024 });
    meter.failed("renew");
    meter.refusedSimulation("expire");
    meter.guessedL1Fee();
    expect(await samples()).to.include({
      'lateness_seconds_sum{kind="expire"}': 19,
      'lateness_seconds_count{kind="expire"}': 2,
      'lateness_blocks_bucket{le="0",kind="expire"}': 1,
      'lateness_blocks_sum{kind="expire"}': 1,
      'duties_failed_total{kind="renew"}': 1,
      'simulations_refused_total{kind="expire"}': 1,
      publishing_fee_guesses_total: 1,
    });
  });

  it("forget a reason for which nothing is left undone any more", async () => {
    const backlog = { duties: 0, dueSince: undefined };
    const head = { number: 1, timestamp: 1 };
    meter.left({ byReason: new Map([["does not pay", 3]]), backlog }, head);
    meter.left({ byReason: new Map([["too late", 1]]), backlog }, head);
    expect(await samples()).to.include({
      'left_undone_duties{reason="does not pay"}': 0,
      'left_undone_duties{reason="too late"}': 1,
    });
  });

  it("count fees in native coin, and tell for how many transactions the balance lasts (ATK-KPR-8)", async () => {
    expect(await samples()).not.to.have.any.keys("balance_coins", "runway_transactions");
    meter.balance(2n * COIN);
    expect(await samples())
      .to.include({ balance_coins: 2 })
      .and.not.to.have.property("runway_transactions");
    meter.settled("mined", COIN / 100n);
    expect(await samples()).to.include({
      spent_coins_total: 0.01,
      runway_transactions: 200,
      'transactions_settled_total{outcome="mined"}': 1,
    });
    for (let index = 0; index < 40; index++) meter.settled("mined", COIN / 10n);
    expect((await samples())["runway_transactions"]).to.be.within(19, 21);
    meter.balance(0n);
    expect(await samples()).to.include({ balance_coins: 0, runway_transactions: 0 });
  });

  it("count what transactions cost that did nothing, by why (ATK-KPR-17)", async () => {
    expect(await samples()).to.include({ 'vain_gas_total{cause="race"}': 0, 'vain_coins_total{cause="reverted"}': 0 });
    meter.settled("empty", COIN / 100n);
    meter.vain("race", 25_407n, COIN / 100n);
    expect(await samples()).to.include({
      'transactions_settled_total{outcome="empty"}': 1,
      'transactions_settled_total{outcome="mined"}': 0,
      'vain_gas_total{cause="race"}': 25_407,
      'vain_coins_total{cause="race"}': 0.01,
      'vain_coins_total{cause="empty"}': 0,
    });
  });

  it("do not take a stranger's transaction for a fee of this keeper (ATK-KPR-4)", async () => {
    meter.settled("foreign", 0n);
    expect(await samples()).to.include({
      spent_coins_total: 0,
      'transactions_settled_total{outcome="foreign"}': 1,
    });
  });

  it("count what is on its way, and bounties by token", async () => {
    meter.sent();
    meter.bumped();
    meter.bumped();
    meter.outstanding({ transactions: 3, oldestBlocks: 7 });
    meter.earned("0xToken", 5_000n);
    meter.earned("0xToken", 1_000n);
    expect(await samples()).to.include({
      transactions_sent_total: 1,
      fee_bumps_total: 2,
      outstanding_transactions: 3,
      outstanding_oldest_blocks: 7,
      'earned_base_units_total{token="0xToken"}': 6_000,
    });
  });

  it("name endpoints by their labels, and begin at zero, so that the first oddity is an increase", async () => {
    expect(await samples()).to.include({
      'rpc_requests_total{endpoint="two.example",outcome="answered"}': 0,
      'rpc_oddities_total{endpoint="one.example",kind="differs"}': 0,
      rpc_configured_endpoints: 2,
    });
    meter.requested("one.example", "answered", 0.2);
    meter.requested("one.example", "timeout", 10);
    meter.odd("one.example", "differs");
    meter.lagging("two.example", 4);
    meter.agreement(1, 2, false);
    expect(await samples()).to.include({
      'rpc_requests_total{endpoint="one.example",outcome="timeout"}': 1,
      'rpc_request_seconds_count{endpoint="one.example"}': 1,
      'rpc_oddities_total{endpoint="one.example",kind="differs"}': 1,
      'rpc_lag_blocks{endpoint="two.example"}': 4,
      rpc_agreeing_endpoints: 1,
    });
  });

  it("count forks by depth, and rescans", async () => {
    meter.forked(3);
    meter.forked(1);
    meter.rescanned("all");
    expect(await samples()).to.include({
      'fork_depth_blocks_bucket{le="1"}': 1,
      fork_depth_blocks_count: 2,
      fork_depth_blocks_sum: 4,
      'rescans_total{what="all"}': 1,
    });
  });

  it("tell how old the last good pass is, by the stopwatch", async () => {
    now += 7;
    expect(await samples()).to.include({ last_good_pass_age_seconds: 7 });
    meter.passed(0.1);
    now += 3;
    meter.passFailed(2);
    expect(await samples()).to.include({
      last_good_pass_age_seconds: 3,
      'pass_seconds_count{outcome="good"}': 1,
      'pass_seconds_count{outcome="failed"}': 1,
    });
  });

  it("have every request that ends turn the loop, whatever it ends with (ATK-KPR-22)", () => {
    let turns = 0;
    const health = { agreed: (): void => undefined, turned: (): void => void turns++ };
    const watched = new PrometheusMeter(() => now, [], health);
    watched.requested("one.example", "answered", 0.2);
    watched.requested("one.example", "timeout", 10);
    expect(turns).to.equal(2);
  });

  it("tell who the keeper is, and which program (ATK-KPR-22)", async () => {
    meter.identify({ name: "east", account: "0xA", chainId: 1, version: "1.2.3", commit: "abc" });
    const labels = 'name="east",account="0xA",version="1.2.3",commit="abc",chain="1"';
    expect(await samples()).to.include({ [`info{${labels}}`]: 1 });
  });

  it("of several keepers in one process are apart", async () => {
    const other = new PrometheusMeter(() => now, []);
    other.sent();
    expect(await samples()).to.include({ transactions_sent_total: 0 });
  });
});
