/**
 * Faults that the contracts had once, as changes of their present sources. Each brings one of them back, so that the model can
 * show that it would have found it: see main.ts.
 */

export interface Change {
  /** Under contracts/. */
  file: string;
  /** What is there now; it occurs once. */
  now: string;
  /** What brings the fault back. */
  then: string;
}

export interface Fault {
  id: string;
  /** What happens, in a sentence. */
  what: string;
  changes: readonly Change[];
  /** Contracts whose bytecode changes, by file under contracts/. */
  compiled: Readonly<Record<string, string>>;
}

const CLAIMING = { "libraries/LeaseClaiming.sol": "LeaseClaiming" };
const RESIZING = { "libraries/LeaseResizing.sol": "LeaseResizing" };
const REPRICING = { "libraries/LeaseRepricing.sol": "LeaseRepricing" };

export const FAULTS: readonly Fault[] = [
  {
    id: "F1",
    what: "a module tells how much a claim held, and it is taken out of the module's own lock",
    compiled: CLAIMING,
    changes: [
      {
        file: "libraries/LeaseClaiming.sol",
        now: "        uint256 held = verdict.record.held();\n",
        then:
          "        // The module's word is what it tells beyond the basis points.\n" +
          "        uint256 held = verdict.fractionBps > Money.BPS ? verdict.fractionBps : verdict.record.held();\n",
      },
      {
        file: "libraries/LeaseClaiming.sol",
        now: "                lines[0] = Entry(verdict.claimant, toMovement(held, held));\n",
        then:
          "                bool told = verdict.fractionBps > Money.BPS;\n" +
          "                lines[0] = Entry(told ? msg.sender : verdict.claimant, toMovement(held, held));\n",
      },
      {
        file: "libraries/LeaseClaiming.sol",
        now: "                lines[0] = Entry(verdict.claimant, toMovement(held, 0));\n",
        then:
          "                bool told = verdict.fractionBps > Money.BPS;\n" +
          "                lines[0] = Entry(told ? msg.sender : verdict.claimant, toMovement(held, 0));\n",
      },
    ],
  },
  {
    id: "F2",
    what: "anybody locks HOLD for an account that never locked any with it",
    compiled: { "token/Hold.sol": "Hold" },
    changes: [
      {
        file: "token/ERC20Locks.sol",
        now: "            if (word & _OPENED_BIT == 0) revert ERC20LocksNotOpened(msg.sender, owner);\n",
        then: "",
      },
    ],
  },
  {
    id: "F3",
    what: "a lease grows while its provider is dark, and darkness and faults before the growth count on what it brought",
    compiled: { ...RESIZING, ...CLAIMING },
    changes: [
      {
        file: "libraries/LeaseResizing.sol",
        now: "        if (!vaults.liveness.isFresh(provider)) revert ILeases.MarketProviderStale(provider);\n",
        then: "",
      },
      {
        file: "libraries/LeaseResizing.sol",
        now: "        if (beyond != 0) revert ILeases.MarketBeyondAllowance(change.leaseId, dark, dark - beyond);\n",
        then: "",
      },
      {
        file: "libraries/LeaseClaiming.sol",
        now: "            if (before < accused.collateral) accused.collateral = before;\n",
        then: "            if (before > accused.collateral) accused.collateral = before;\n",
      },
    ],
  },
  {
    id: "F4",
    what: "an operator declines, the penalties of leases that never started are the tenant's, and a dark provider's are opened",
    compiled: { "libraries/LeaseCancellation.sol": "LeaseCancellation", "market/Market.sol": "Market" },
    changes: [
      {
        file: "libraries/LeaseCancellation.sol",
        now: "        if (provider != msg.sender) revert IOffers.MarketNotProvider(offerId, provider, msg.sender);\n",
        then:
          "        address operator = vaults.liveness.operatorOf(provider);\n" +
          "        if (operator != msg.sender) revert IOffers.MarketNotProvider(offerId, operator, msg.sender);\n",
      },
      {
        file: "libraries/LeaseCancellation.sol",
        now: "vaults.staking.penalise(provider, penalty, address(0), address(0), governed.treasury)",
        then: "vaults.staking.penalise(provider, penalty, terms.tenant(), address(0), governed.treasury)",
      },
      {
        file: "market/LeaseOpening.sol",
        now: "_LIVENESS.isFresh(provider)",
        then: "_LIVENESS.isLive(provider)",
      },
    ],
  },
  {
    id: "F5",
    what: "only who appealed puts the appeal to the vote",
    compiled: { "governance/HoldGovernor.sol": "HoldGovernor" },
    changes: [
      {
        file: "governance/HoldGovernor.sol",
        now: "        if (msg.sender != dispute.claimant && msg.sender != dispute.provider) {\n",
        then:
          "        bool byProvider = IDisputes(disputes).disputeById(disputeId).proceeding.postings.providerAppealed();\n" +
          "        if (msg.sender != (byProvider ? dispute.provider : dispute.claimant)) {\n",
      },
    ],
  },
  {
    id: "F6",
    what: "the first fallback that the tenant cannot pay reverts the whole failover",
    compiled: REPRICING,
    changes: [
      {
        file: "libraries/LeaseRepricing.sol",
        now: "        affordable = _affordable(vaults.escrow, token, tenant);\n",
        then: "        affordable = type(uint256).max;\n",
      },
    ],
  },
  {
    id: "F7",
    what: "a module takes all collateral of a lease that runs on, and nothing is left for the service credit",
    compiled: CLAIMING,
    changes: [
      {
        file: "libraries/LeaseClaiming.sol",
        now: "claims.taken() + (progress.settled() ? 0 : LeaseLib.mostCredit(collateral));\n",
        then: "claims.taken();\n",
      },
    ],
  },
  {
    id: "F9",
    what: "a step of a dispute reaches a later claim of the same name",
    compiled: { "slashing/Disputes.sol": "Disputes" },
    changes: [
      {
        file: "libraries/DisputeLib.sol",
        now: "        if (filedAt != actual) revert IDisputes.DisputesAnotherClaim(disputeId, actual, filedAt);\n",
        then: "        if (actual == 0) revert IDisputes.DisputesAnotherClaim(disputeId, actual, filedAt);\n",
      },
    ],
  },
  {
    id: "F14",
    what: "units are given back in the second in which they were taken",
    compiled: RESIZING,
    changes: [
      {
        file: "libraries/LeaseResizing.sol",
        now: "        if (grownAt + 1 > from) from = grownAt + 1;\n",
        then: "        if (grownAt > from) from = grownAt;\n",
      },
    ],
  },
  {
    id: "F15",
    what: "a lease fails over at any time of its last hour, however short its period is",
    compiled: REPRICING,
    changes: [
      {
        file: "libraries/LeaseRepricing.sol",
        now: "        if (window > LeaseLib.RENEWAL_WINDOW) window = LeaseLib.RENEWAL_WINDOW;\n",
        then: "        window = LeaseLib.RENEWAL_WINDOW;\n",
      },
    ],
  },
  {
    id: "F16",
    what: "a notice shuts out the failover",
    compiled: REPRICING,
    changes: [
      {
        file: "libraries/LeaseRepricing.sol",
        now: "        uint256 window = period / WINDOW_DIVISOR;\n",
        then:
          "        if (terms.noticed()) revert ILeases.MarketLeaseNoticed(from);\n" +
          "        uint256 window = period / WINDOW_DIVISOR;\n",
      },
    ],
  },
  {
    id: "F17",
    what: "each resize drops a fraction of a base unit",
    compiled: RESIZING,
    changes: [
      {
        file: "libraries/Accrual.sol",
        now: "            payment.fraction = product & ((1 << Money.FRACTION_BITS) - 1);\n",
        then: "            payment.fraction = 0;\n",
      },
    ],
  },
];
