import type { BaseWallet } from "ethers";
import type { Logger } from "pino";

import { addressesOf, readAddressBook } from "../../sdk/addressBook";
import type { ChainApi } from "../chain/api";
import { connect } from "../chain/connect";
import { doneBy } from "../chain/doneBy";
import type { Sources } from "../chain/events";
import { Executor } from "../chain/executor";
import { FeeReader } from "../chain/feeReader";
import { TransactionQueue } from "../chain/queue";
import { ProtocolReader } from "../chain/reader";
import { Reconciler } from "../chain/reconciler";
import { WaitError } from "../chain/rpcErrors";
import { WalletSigner } from "../chain/signer";
import { Sync } from "../chain/sync";
import type { Config } from "../config/load";
import { endpointLabels } from "../config/show";
import { idOf } from "../core/duties";
import { nameOfRules, rulesFor } from "../core/items";
import type { Policy } from "../core/worth";
import { BackoffStore } from "../store/backoffStore";
import { ChainStore } from "../store/chainStore";
import { WorkStore } from "../store/workStore";
import type { Database } from "../store/database";
import { Journal } from "../store/journal";
import { JournalUpkeep } from "../store/journalUpkeep";
import { openDatabase } from "../store/open";
import { factsOf } from "./facts";
import { Keeper, type PassReport } from "./keeper";
import type { Eyes } from "./means";
import { type Meter, NO_METER } from "./meter";
import { type Outlook, outlook } from "./outlook";
import { TokenBook } from "./tokenBook";
import { listenersOf, tellL1Fees, tellQueue, tellSync } from "./telling";

/** What a keeper is made with. */
export interface Surroundings {
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly meter?: Meter;
}

/** All parts of a keeper that only looks, put together. */
export interface Looker {
  readonly chainId: number;
  readonly market: string;
  outlook(): Promise<Outlook>;
  close(): Promise<void>;
}

/** One that acts, too. */
export interface Actor extends Looker {
  readonly account: string;
  /** Under which it claims duties. */
  readonly name: string;
  pass(): Promise<PassReport>;
}

interface Parts extends Looker {
  readonly api: ChainApi;
  readonly database: Database;
  readonly eyes: Eyes;
  readonly sources: Sources;
  readonly tokens: TokenBook;
}

/**
 * Puts a keeper together that plans: for this account, or for nobody in particular where it is not known. Fails with what is wrong with the address book, the endpoints or the
 * store.
 */
export async function composeLooker(
  config: Config,
  account: string | undefined,
  surroundings: Surroundings,
): Promise<Looker> {
  const looker = await parts(config, surroundings, true);
  const { api, database, eyes, tokens } = looker;
  const self =
    account === undefined
      ? undefined
      : {
          account,
          name: config.name ?? account,
          confirmations: config.confirmations,
          journal: new Journal(database, account),
          work: new WorkStore(database),
          backoff: new BackoffStore(database),
          balance: () => api.balance(account),
        };
  const look = async (): Promise<Outlook> => {
    const found = await outlook(eyes, self);
    await tokens.learn(found.actions.flatMap(({ duties }) => duties.flatMap(({ token }) => token ?? [])));
    return { ...found, tokens: Object.fromEntries(await tokens.known()) };
  };
  return { ...looker, outlook: look };
}

/** Puts a keeper together that acts with a key. Fails with what is wrong with the address book, the endpoints or the store. */
export async function composeActor(config: Config, wallet: BaseWallet, surroundings: Surroundings): Promise<Actor> {
  const { log, signal, meter = NO_METER } = surroundings;
  const looker = await parts(config, surroundings, false);
  const { api, database, eyes, sources, chainId, tokens } = looker;
  const { l1Fees } = eyes;
  const account = wallet.address;
  const name = config.name ?? account;
  const executor = new Executor(sources, account, api);
  const journal = new Journal(database, account);
  const queue = new TransactionQueue(
    api,
    eyes.fees,
    new WalletSigner(wallet, BigInt(chainId)),
    journal,
    {
      bumpBlocks: config.bumpBlocks,
      confirmations: config.confirmations,
      ...capsOf(config),
      l1Fee: l1Fees && ((head) => l1Fees.at(head)),
    },
    {
      encode: (kind, keys) => {
        const ids = keys.map((key) => idOf(kind, key));
        return executor.encode(kind, ids);
      },
      works: async (kind, keys, gasLimit) => {
        const ids = keys.map((key) => idOf(kind, key));
        const simulation = await executor.simulate(kind, ids, gasLimit);
        return simulation.type === "works" && simulation.done === ids.length;
      },
      doneBy: (logs) => doneBy(account, sources, logs),
    },
    tellQueue(log, meter),
  );
  const balance = (): Promise<bigint> => api.balance(account);
  const keeper = new Keeper(eyes, {
    queue,
    executor,
    work: new WorkStore(database),
    backoff: new BackoffStore(database),
    name,
    claimSeconds: config.claimSeconds,
    balance,
    meter,
    log,
    signal,
  });
  const upkeep = new JournalUpkeep(database, {
    depth: config.reorgDepth + config.confirmations,
    keepSeconds: config.journalSeconds,
    keepBytes: config.journalBytes,
  });
  const pass = async (): Promise<PassReport> => {
    try {
      const report = await keeper.pass();
      if (report.fresh) await upkeep.tend(report.head);
      await tokens.learn(journal.earnedTokens);
      return report;
    } catch (error) {
      if (error instanceof WaitError) meter.agreement(0, config.rpcUrls.length, false);
      throw error;
    }
  };
  return { ...looker, account, name, pass };
}

async function parts(config: Config, { log, meter = NO_METER }: Surroundings, isLooking: boolean): Promise<Parts> {
  const book = readAddressBook(config.addressBook);
  const { market, orders, disputes, lens } = addressesOf(book);
  const sources = { market, orders, disputes };
  // Who only looks sends nothing.
  const broadcastUrls = isLooking ? [] : config.broadcastUrls;
  const urls = [...config.rpcUrls, ...broadcastUrls];
  const labels = endpointLabels(urls);
  const named = urls.map((url, index) => ({ url, name: labels[index] ?? "" }));
  const api = await connect(book, {
    endpoints: named.slice(0, config.rpcUrls.length),
    broadcasters: named.slice(config.rpcUrls.length),
    timeoutMs: config.rpcTimeoutMs,
    ...listenersOf(log, meter),
  });
  let database: Database | undefined;
  try {
    const { outageAllowance, prices, l1Fees } = await factsOf(
      config,
      api,
      book.chainId,
      market,
      tellL1Fees(log, meter),
    );
    const rulesOptions = { outageAllowance, serve: config.serve };
    database = await openDatabase(config.store, { deployment: { chainId: book.chainId, market }, log, isLooking });
    const depth = config.reorgDepth;
    const state = await ChainStore.open(database, rulesFor(rulesOptions), {
      madeBy: nameOfRules(rulesOptions),
      depth,
      isLooking,
    });
    const { logRange } = config;
    const options = { startBlock: book.startBlock, logRange, reorgDepth: depth };
    const reconciler = new Reconciler(api, { lens, disputes, serve: config.serve }, state, (items) => {
      log.error({ items }, "the contracts say of these what no log told: tried by their word, too");
    });
    const tell = tellSync(log, meter);
    const sync = new Sync(state, new ProtocolReader(api, sources), options, (event) => {
      tell(event);
      if (event.type === "fork") reconciler.again();
      else reconciler.hurry(event.type === "gap" ? event.leases : []);
    });
    const eyes: Eyes = {
      sync: async () => {
        const head = await sync.look();
        await reconciler.look(head);
        return head;
      },
      suspect: () => sync.suspect(),
      doubt: (duties) => reconciler.doubt(duties),
      state,
      fees: new FeeReader(api),
      l1Fees,
      policy: {
        minProfit: config.minProfit,
        patience: config.patience,
        prices,
        disputes: config.disputes,
        ...capsOf(config),
      },
      nodeGasLimit: config.nodeGasLimit,
      maxInFlight: config.maxInFlight,
    };
    const opened = database;
    const close = async (): Promise<void> => {
      api.close();
      await opened.close();
    };
    const tokens = new TokenBook(database, api);
    return { chainId: book.chainId, market, api, database, eyes, sources, tokens, outlook: () => outlook(eyes), close };
  } catch (error) {
    api.close();
    await database?.close();
    throw error;
  }
}

function capsOf({ maxFeePerGas, maxTransactionCost }: Config): Pick<Policy, "maxFeePerGas" | "maxTransactionCost"> {
  return {
    ...(maxFeePerGas === undefined ? {} : { maxFeePerGas }),
    ...(maxTransactionCost === undefined ? {} : { maxTransactionCost }),
  };
}
