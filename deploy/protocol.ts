import { Contract, getAddress, Interface } from "ethers";

import { type RoleName, ROLES } from "../sdk/roles";
import type {
  AccessManager__factory,
  Council__factory,
  Disputes__factory,
  Escrow__factory,
  Hold__factory,
  Liveness__factory,
  Market__factory,
  MarketLens__factory,
  ProviderRecords__factory,
  Quotes__factory,
  Staking__factory,
  StandingOrders__factory,
} from "../typechain-types";
import { DeployError } from "./errors";
import type { Parameters } from "./parameters";
import { type ActionEntry, contract, type ContractEntry, type Plan, type Scene } from "./plan";

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
    args: ({ roles, liveness, terms, weights }, at) => [
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
      {
        treasury: roles.treasury,
        feeBps: terms.fee,
        toleranceBps: terms.tolerance,
        noShowBps: terms.noShowPenalty,
        noticePeriod: terms.noticePeriod,
        activationWindow: terms.activationWindow,
        creditPeriod: terms.creditPeriod,
      },
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
    args: ({ disputes: { appealAuthority, bondFloor, filingFee, fractions }, roles }, at) => [
      at.accessManager,
      at.market,
      at.council,
      {
        appealAuthority,
        bondFloor,
        filingFee,
        treasury: roles.treasury,
        unservedBps: fractions.unserved,
        shortOfTermsBps: fractions.shortOfTerms,
        dataLostBps: fractions.dataLost,
        dataExposedBps: fractions.dataExposed,
      },
    ],
    facts: (_, at) => ({ authority: at.accessManager, MARKET: at.market, COUNCIL: at.council, HOLD: at.hold }),
  }),
  contract<MarketLens__factory>({
    name: "lens",
    artifact: "contracts/lens/MarketLens.sol:MarketLens",
    args: (_, at) => [at.market],
    facts: (_, at) => ({ MARKET: at.market }),
  }),
];

// ------------------------------------------------------------------------------------------------- genesis

const tokenInterface = new Interface([
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
]);

/** A token that is not the one in the file would be listed with wrong amounts. */
async function checkToken(scene: Scene, { address, symbol, decimals }: Parameters["tokens"][number]): Promise<void> {
  const wrong = (what: string): DeployError =>
    new DeployError(
      "PRECONDITION",
      `The token ${symbol} at ${address}: ${what}.`,
      "correct `tokens` in the network file; nothing was listed.",
    );
  if ((await scene.provider.getCode(address)) === "0x") throw wrong("there is no contract");
  const token = new Contract(address, tokenInterface, scene.provider);
  const found = await Promise.all([token.getFunction("symbol")(), token.getFunction("decimals")()]).catch(() => {
    throw wrong("it does not answer symbol() and decimals()");
  });
  if (found[0] !== symbol) throw wrong(`it calls itself ${String(found[0])}`);
  if (found[1] !== BigInt(decimals)) throw wrong(`it has ${String(found[1])} decimals, the file says ${decimals}`);
}

function listToken(token: Parameters["tokens"][number]): ActionEntry {
  return {
    name: `list ${token.symbol}`,
    goal: `the market accepts ${token.symbol}, ${token.address}`,
    async done({ contracts: { market } }) {
      const listed = await market.tokenTermsOf(token.address);
      return listed.listed && listed.minimumLock === token.minimumLock && listed.bounty === token.bounty;
    },
    check: (scene) => checkToken(scene, token),
    call: ({ at, contracts: { market } }) => ({
      to: at.market,
      data: market.interface.encodeFunctionData("listToken", [token.address, token.minimumLock, token.bounty]),
    }),
  };
}

/** `member` rules on disputes that are filed from the second after. */
function seat(member: string): ActionEntry {
  return {
    name: `seat ${member}`,
    goal: `${member} sits on the council`,
    done: async ({ contracts: { council } }) => (await council.seatedSince(member)) !== 0n,
    call: ({ at, contracts: { council } }) => ({
      to: at.council,
      data: council.interface.encodeFunctionData("seat", [member]),
    }),
  };
}

/** The guardian's one function. */
const guardianFunction: ActionEntry = {
  name: "guardian function",
  goal: "the guardian role may pause entries, and nothing else",
  async done({ at, contracts: { accessManager, market } }) {
    const { selector } = market.interface.getFunction("pauseEntries");
    return (await accessManager.getTargetFunctionRole(at.market, selector)) === ROLES.guardian;
  },
  call({ at, contracts: { accessManager, market } }) {
    const { selector } = market.interface.getFunction("pauseEntries");
    return {
      to: at.accessManager,
      data: accessManager.interface.encodeFunctionData("setTargetFunctionRole", [
        at.market,
        [selector],
        ROLES.guardian,
      ]),
    };
  },
};

/** `account` holds the role from now on, without a delay. */
function grant(name: RoleName, account: string): ActionEntry {
  const role = ROLES[name];
  return {
    name: `${name} role`,
    goal: `${account} is ${name}`,
    async done({ contracts: { accessManager } }) {
      const { isMember, executionDelay } = await accessManager.hasRole(role, account);
      return isMember && executionDelay === 0n;
    },
    call: ({ at, contracts: { accessManager } }) => ({
      to: at.accessManager,
      data: accessManager.interface.encodeFunctionData("grantRole", [role, account, 0n]),
    }),
  };
}

const isAdmin = async ({ contracts: { accessManager } }: Scene, account: string): Promise<boolean> =>
  (await accessManager.hasRole(ROLES.admin, account)).isMember;

const renounceAdmin: ActionEntry = {
  name: "deployer steps down",
  goal: "the deployer holds no power",
  done: async (scene) => !(await isAdmin(scene, scene.deployer)),
  call: ({ at, contracts: { accessManager }, deployer }) => ({
    to: at.accessManager,
    data: accessManager.interface.encodeFunctionData("renounceRole", [ROLES.admin, deployer]),
  }),
};

/** True where the network file lets the deployer keep its power. */
export function deployerStaysAdmin({ deployer, roles }: Parameters): boolean {
  return getAddress(deployer) === getAddress(roles.admin);
}

/** The whole protocol. */
export const PROTOCOL: Plan = {
  contracts,
  genesis: ({ tokens, disputes, roles }) => [
    ...tokens.map(listToken),
    ...disputes.council.map(seat),
    guardianFunction,
    grant("guardian", roles.guardian),
  ],
  handover: (parameters) =>
    deployerStaysAdmin(parameters) ? [] : [grant("admin", parameters.roles.admin), renounceAdmin],
  handedOver: async (scene) => !(await isAdmin(scene, scene.deployer)),
  holders: ({ roles }) => ({ admin: [roles.admin], guardian: [roles.guardian] }),
};
