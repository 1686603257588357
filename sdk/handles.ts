import type { ContractRunner } from "ethers";

import {
  type AccessManager,
  AccessManager__factory,
  type Council,
  Council__factory,
  type Disputes,
  Disputes__factory,
  type Escrow,
  Escrow__factory,
  type Guardian,
  Guardian__factory,
  type Hold,
  Hold__factory,
  type HoldGovernor,
  HoldGovernor__factory,
  type Liveness,
  Liveness__factory,
  type Market,
  Market__factory,
  type MarketLens,
  MarketLens__factory,
  type ProviderRecords,
  ProviderRecords__factory,
  type Quotes,
  Quotes__factory,
  type Staking,
  Staking__factory,
  type StandingOrders,
  StandingOrders__factory,
  type Timelock,
  Timelock__factory,
} from "../typechain-types";
import { type AddressBook, addressesOf, type ContractName } from "./addressBook";

/** Typed handles on every contract of one deployment. */
export interface Handles {
  readonly hold: Hold;
  readonly accessManager: AccessManager;
  readonly timelock: Timelock;
  readonly governor: HoldGovernor;
  readonly guardian: Guardian;
  readonly escrow: Escrow;
  readonly staking: Staking;
  readonly liveness: Liveness;
  readonly records: ProviderRecords;
  readonly market: Market;
  readonly orders: StandingOrders;
  readonly quotes: Quotes;
  readonly council: Council;
  readonly disputes: Disputes;
  readonly lens: MarketLens;
}

/** Handles on the contracts at these addresses; nothing is read from the chain. */
export function handlesAt(addresses: Record<ContractName, string>, runner: ContractRunner): Handles {
  return {
    hold: Hold__factory.connect(addresses.hold, runner),
    accessManager: AccessManager__factory.connect(addresses.accessManager, runner),
    timelock: Timelock__factory.connect(addresses.timelock, runner),
    governor: HoldGovernor__factory.connect(addresses.governor, runner),
    guardian: Guardian__factory.connect(addresses.guardian, runner),
    escrow: Escrow__factory.connect(addresses.escrow, runner),
    staking: Staking__factory.connect(addresses.staking, runner),
    liveness: Liveness__factory.connect(addresses.liveness, runner),
    records: ProviderRecords__factory.connect(addresses.records, runner),
    market: Market__factory.connect(addresses.market, runner),
    orders: StandingOrders__factory.connect(addresses.orders, runner),
    quotes: Quotes__factory.connect(addresses.quotes, runner),
    council: Council__factory.connect(addresses.council, runner),
    disputes: Disputes__factory.connect(addresses.disputes, runner),
    lens: MarketLens__factory.connect(addresses.lens, runner),
  };
}

/**
 * Handles on the deployment that an address book records. `runner` is a provider (to read) or a signer (to write too);
 * whether it is connected to the book's chain is not checked here: see `assertSameChain`.
 */
export function connect(book: AddressBook, runner: ContractRunner): Handles {
  return handlesAt(addressesOf(book), runner);
}
