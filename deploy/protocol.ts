import { HOLD_SUPPLY } from "../sdk/governance/settings";
import type {
  AccessManager__factory,
  Council__factory,
  Disputes__factory,
  Escrow__factory,
  Guardian__factory,
  Hold__factory,
  HoldGovernor__factory,
  Liveness__factory,
  Market__factory,
  MarketLens__factory,
  ProviderRecords__factory,
  Quotes__factory,
  Staking__factory,
  StandingOrders__factory,
  Timelock__factory,
} from "../typechain-types";
import type { TermsStruct } from "../typechain-types/contracts/market/Market";
import type { RulesStruct } from "../typechain-types/contracts/slashing/Disputes";
import { functionRoles, grant, listToken, renounceAdmin, seat, steppedDown } from "./actions";
import type { Parameters } from "./parameters";
import { contract, type ContractEntry, type Plan } from "./plan";
import { ROLE_HOLDERS } from "./roles";

/** The cold parts of the market, which are linked to it. */
const marketLibraries: readonly ContractEntry[] = [
  "Governed",
  "LeaseCancellation",
  "LeaseChanges",
  "LeaseClaiming",
  "LeaseConclusion",
  "LeaseRepricing",
  "LeaseResizing",
  "OfferChanges",
].map((library) => ({
  name: `${library.charAt(0).toLowerCase()}${library.slice(1)}`,
  artifact: `contracts/libraries/${library}.sol:${library}`,
  args: () => [],
}));

/** Terms of the network file as the market takes them. */
export function termsOf(terms: Parameters["terms"], treasury: string): TermsStruct {
  return {
    treasury,
    feeBps: terms.fee,
    toleranceBps: terms.tolerance,
    noShowBps: terms.noShowPenalty,
    noticePeriod: terms.noticePeriod,
    activationWindow: terms.activationWindow,
    creditPeriod: terms.creditPeriod,
  };
}

/** Rules of the network file as disputes take them; `authority` hears appeals and is the treasury. */
export function rulesOf({ bondFloor, filingFee, fractions }: Parameters["disputes"], authority: string): RulesStruct {
  return {
    appealAuthority: authority,
    bondFloor,
    filingFee,
    treasury: authority,
    unservedBps: fractions.unserved,
    shortOfTermsBps: fractions.shortOfTerms,
    dataLostBps: fractions.dataLost,
    dataExposedBps: fractions.dataExposed,
  };
}

/** Settings of the network file as the governor takes them. */
export function governorSettingsOf(governance: Parameters["governance"]) {
  const { votingDelay, votingPeriod, proposalThreshold, quorum, lateExtension } = governance;
  return {
    votingDelay,
    votingPeriod,
    proposalThreshold: (HOLD_SUPPLY * BigInt(proposalThreshold)) / 10_000n,
    quorumPercent: quorum / 100,
    lateExtension,
  };
}

/**
 * The protocol, as data. A contract more is one entry here, its name in sdk/addressBook.ts and its handle in
 * sdk/handles.ts; what it wires or is allowed is one more action.
 */
const contracts: Plan["contracts"] = [
  contract<Hold__factory>({
    name: "hold",
    artifact: "contracts/token/Hold.sol:Hold",
    args: ({ roles }) => [roles.initialHolder],
  }),
  contract<AccessManager__factory>({
    name: "accessManager",
    artifact: "@openzeppelin/contracts/access/manager/AccessManager.sol:AccessManager",
    args: ({ deployer }) => [deployer],
  }),
  contract<Timelock__factory>({
    name: "timelock",
    artifact: "contracts/governance/Timelock.sol:Timelock",
    args: ({ governance }, at) => [governance.timelockDelay, at.governor, at.hold],
    facts: (_, at) => ({ HOLD: at.hold }),
  }),
  contract<HoldGovernor__factory>({
    name: "governor",
    artifact: "contracts/governance/HoldGovernor.sol:HoldGovernor",
    args: ({ governance }, at) => [at.hold, at.timelock, at.disputes, governorSettingsOf(governance)],
    facts: (_, at) => ({ token: at.hold, timelock: at.timelock }),
  }),
  contract<Guardian__factory>({
    name: "guardian",
    artifact: "contracts/governance/Guardian.sol:Guardian",
    args: ({ roles }, at) => [at.accessManager, roles.guardian],
    facts: (_, at) => ({ authority: at.accessManager }),
  }),
  contract<Escrow__factory>({
    name: "escrow",
    artifact: "contracts/escrow/Escrow.sol:Escrow",
    args: () => [],
  }),
  contract<Staking__factory>({
    name: "staking",
    artifact: "contracts/staking/Staking.sol:Staking",
    args: ({ staking }, at) => [at.accessManager, at.hold, staking.unbondingDelay],
    facts: (_, at) => ({ authority: at.accessManager, HOLD: at.hold }),
  }),
  contract<Liveness__factory>({
    name: "liveness",
    artifact: "contracts/liveness/Liveness.sol:Liveness",
    args: ({ liveness }) => [liveness.grace],
    facts: ({ liveness }) => ({ GRACE: liveness.grace }),
  }),
  contract<ProviderRecords__factory>({
    name: "records",
    artifact: "contracts/records/ProviderRecords.sol:ProviderRecords",
    args: () => [],
  }),
  ...marketLibraries,
  contract<Market__factory>({
    name: "market",
    artifact: "contracts/market/Market.sol:Market",
    libraries: Object.fromEntries(marketLibraries.map(({ name, artifact }) => [artifact, name])),
    args: ({ liveness, terms, weights }, at) => [
      at.accessManager,
      {
        escrow: at.escrow,
        staking: at.staking,
        liveness: at.liveness,
        records: at.records,
        orders: at.orders,
        quotes: at.quotes,
      },
      liveness.outageAllowance,
      termsOf(terms, at.timelock),
      weights,
    ],
    facts: ({ liveness }, at) => ({
      authority: at.accessManager,
      ESCROW: at.escrow,
      STAKING: at.staking,
      LIVENESS: at.liveness,
      RECORDS: at.records,
      ORDERS: at.orders,
      QUOTES: at.quotes,
      OUTAGE_ALLOWANCE: liveness.outageAllowance,
    }),
  }),
  contract<StandingOrders__factory>({
    name: "orders",
    artifact: "contracts/orders/StandingOrders.sol:StandingOrders",
    args: (_, at) => [at.market],
    facts: (_, at) => ({ MARKET: at.market }),
  }),
  contract<Quotes__factory>({
    name: "quotes",
    artifact: "contracts/quotes/Quotes.sol:Quotes",
    args: (_, at) => [at.market],
    facts: (_, at) => ({ MARKET: at.market }),
  }),
  contract<Council__factory>({
    name: "council",
    artifact: "contracts/slashing/Council.sol:Council",
    args: (_, at) => [at.accessManager],
    facts: (_, at) => ({ authority: at.accessManager }),
  }),
  contract<Disputes__factory>({
    name: "disputes",
    artifact: "contracts/slashing/Disputes.sol:Disputes",
    args: ({ disputes }, at) => [at.accessManager, at.market, at.council, rulesOf(disputes, at.timelock)],
    facts: (_, at) => ({ authority: at.accessManager, MARKET: at.market, COUNCIL: at.council, HOLD: at.hold }),
  }),
  contract<MarketLens__factory>({
    name: "lens",
    artifact: "contracts/lens/MarketLens.sol:MarketLens",
    args: (_, at) => [at.market],
    facts: (_, at) => ({ MARKET: at.market }),
  }),
];

/** The whole protocol. */
export const PROTOCOL: Plan = {
  contracts,
  genesis: ({ tokens, disputes }) => [
    ...tokens.map(listToken),
    ...disputes.council.map(seat),
    ...functionRoles(),
    ...ROLE_HOLDERS.guardian.map((holder) => grant("guardian", holder)),
  ],
  handover: [...ROLE_HOLDERS.admin.map((holder) => grant("admin", holder)), renounceAdmin],
  handedOver: steppedDown,
};
