import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** What all names begin with. */
export const PREFIX = "leasehold_keeper_";

const LATENESS_SECONDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3_600, 21_600];
const LATENESS_BLOCKS = [0, 1, 2, 3, 5, 10, 25, 100, 1_000];
const FORK_DEPTHS = [1, 2, 4, 8, 16, 32, 64, 128];
const REQUEST_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const PASS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** All metrics of a keeper, by what they measure; operations/ shows and watches every one of them. */
export function instruments(registry: Registry) {
  const registers = [registry];
  const gauge = <L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> =>
    new Gauge({ name: PREFIX + name, help, labelNames, registers });
  const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> =>
    new Counter({ name: `${PREFIX}${name}_total`, help, labelNames, registers });
  const histogram = <L extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: L[] = [],
  ): Histogram<L> => new Histogram({ name: PREFIX + name, help, buckets, labelNames, registers });

  return {
    info: gauge("info", "1; who this keeper is, and which program", ["name", "account", "chain", "version", "commit"]),

    headBlock: gauge(
      "head_block",
      "Number of the newest block that enough endpoints agree on; absent until it is known",
    ),
    headTime: gauge("head_timestamp_seconds", "Time of that block, by the chain"),
    forkDepth: histogram("fork_depth_blocks", "Blocks that a fork took back", FORK_DEPTHS),
    rescans: counter("rescans", "Times that all, or recent blocks, were forgotten and read again", ["what"]),

    openLeases: gauge("open_leases", "Leases that have not ended"),
    openDisputes: gauge("open_disputes", "Disputes that are not settled"),
    due: gauge("due_duties", "Duties that are due, whoever can or should do them"),
    backlog: gauge(
      "backlog_duties",
      "Duties that are due and that this keeper should do; not those that fail, do not pay, or others claimed",
    ),
    dueSince: gauge(
      "backlog_due_since_timestamp_seconds",
      "When the first of them fell due, by the chain; else absent",
    ),
    lagSeconds: gauge(
      "backlog_lag_seconds",
      "Seconds of the chain for which the first of the backlog has been due; 0: there is none",
    ),
    lagBlocks: gauge("backlog_lag_blocks", "Blocks in which it could have been done before the newest one"),
    leftUndone: gauge("left_undone_duties", "Duties that are due and left undone, by reason", ["reason"]),
    latenessSeconds: histogram(
      "lateness_seconds",
      "From when a duty fell due until the block in which this keeper did it, by the chain",
      LATENESS_SECONDS,
      ["kind"],
    ),
    latenessBlocks: histogram(
      "lateness_blocks",
      "Blocks in which it could have been done before that one",
      LATENESS_BLOCKS,
      ["kind"],
    ),
    failed: counter("duties_failed", "Duties that failed alone", ["kind"]),

    refusedSimulations: counter("simulations_refused", "Duties that the nodes refused to simulate alone", ["kind"]),

    sent: counter("transactions_sent", "Transactions sent, each counted once"),
    bumped: counter("fee_bumps", "Transactions sent again for a higher fee"),
    settled: counter("transactions_settled", "Nonces used up, by how", ["outcome"]),
    outstanding: gauge("outstanding_transactions", "Transactions sent and not final"),
    oldestOutstanding: gauge("outstanding_oldest_blocks", "Blocks since the oldest of them that is not mined was sent"),
    spent: counter("spent_coins", "Fees of transactions that were mined, native coin"),
    vainGas: counter("vain_gas", "Gas of transactions that did nothing, by why", ["cause"]),
    vainCoins: counter("vain_coins", "Fees of transactions that did nothing, native coin, by why", ["cause"]),
    earned: counter("earned_base_units", "Bounties, base units of their token", ["token"]),
    guessedL1Fees: counter(
      "publishing_fee_guesses",
      "Times that a guess stood for what the L1 fee oracle did not tell",
    ),
    balance: gauge("balance_coins", "Native coin of the keeper's account; absent until it is known"),
    runway: gauge(
      "runway_transactions",
      "Transactions that the balance pays for, at what the last ones cost; or absent",
    ),

    requests: counter("rpc_requests", "Requests, by how they ended", ["endpoint", "outcome"]),
    requestSeconds: histogram("rpc_request_seconds", "How long an answer took", REQUEST_SECONDS, ["endpoint"]),
    oddities: counter("rpc_oddities", "What an endpoint did that others did not, or none should", ["endpoint", "kind"]),
    endpointLag: gauge("rpc_lag_blocks", "How far an endpoint is behind the newest agreed block", ["endpoint"]),
    agreeing: gauge("rpc_agreeing_endpoints", "Endpoints that agree on the newest block"),
    configured: gauge("rpc_configured_endpoints", "Endpoints that the keeper was told"),

    passSeconds: histogram("pass_seconds", "How long a pass took, by how it ended", PASS_SECONDS, ["outcome"]),
    lastGoodPass: gauge("last_good_pass_age_seconds", "Since the last pass that ended well, or since the start"),
  };
}

export type Instruments = ReturnType<typeof instruments>;
