// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";
import {ILeaseClaims} from "../interfaces/ILeaseClaims.sol";
import {Collateral} from "../libraries/Collateral.sol";
import {DisputeLib} from "../libraries/DisputeLib.sol";
import {Claim, Dispute, DisputePhase, FaultClass, Outcome, Proceeding, Rules, Side} from "../types/DisputeTypes.sol";
import {DisputeId, LeaseId, toDisputeId} from "../types/Ids.sol";
import {Appeals} from "./Appeals.sol";
import {DisputeBook} from "./DisputeBook.sol";
import {DisputeRules} from "./DisputeRules.sol";
import {Rulings} from "./Rulings.sol";

/// @title Disputes
/// @notice The manual is IDisputes.
/// @dev HOLD is the one token that moves here, and it calls nobody back; the market calls the vaults alone. So nothing
/// comes back into this contract in the middle of anything, and no guard is needed.
contract Disputes is Rulings, Appeals {
    using SafeERC20 for IERC20;

    /// @inheritdoc IDisputes
    uint256 public constant MAX_FAULT_AGE = 7 days;
    uint256 private constant _LEAST_ELIGIBLE = 3;

    /// @dev The bonds of a dispute, as they are paid out.
    struct Payout {
        DisputeId disputeId;
        uint256 bond; // each, wei of HOLD
        uint256 toClaimant; // out of what is held here, wei of HOLD
        uint256 toProvider; // out of what is held here, wei of HOLD
    }

    /// @notice Wires disputes to a market and a council, and publishes version 1 of the rules.
    /// @param authority AccessManager that gates `publishRules`, and nothing else.
    /// @param market whose leases are disputed, where their offers name this contract.
    /// @param council that rules.
    /// @param rules version 1.
    constructor(
        address authority,
        address market,
        address council,
        Rules memory rules
    ) DisputeRules(authority) DisputeBook(market, council) {
        _publish(rules);
    }

    // ------------------------------------------------------------------------------------------------- claimant

    /// @inheritdoc IDisputes
    function file(
        LeaseId leaseId,
        address tenant,
        FaultClass faultClass,
        uint40 faultStart,
        bytes32 evidence
    ) external returns (DisputeId disputeId) {
        // Check
        disputeId = toDisputeId(leaseId, msg.sender);
        Dispute storage dispute = _disputes[disputeId];
        _requireNoneOpen(disputeId, dispute);
        uint40 now_ = uint40(block.timestamp);
        if (uint256(faultStart) + MAX_FAULT_AGE < now_) {
            revert DisputesFaultTooOld(faultStart, now_ - MAX_FAULT_AGE);
        }
        ILeaseClaims.Accused memory accused = _MARKET.openClaim(leaseId, msg.sender, faultStart);
        if (accused.tenant != tenant) revert DisputesOtherTenant(leaseId, accused.tenant, tenant);

        // Effect: a tenant's claim leaves the second slot alone until it is answered.
        uint16 version = currentRules();
        dispute.claim = Claim({
            held: SafeCast.toUint112(accused.held),
            collateral: uint56(accused.collateral), // has 52 bits
            filedAt: now_,
            faultAge: uint24(now_ - faultStart), // at most 7 days
            rules: version,
            faultClass: faultClass
        });
        Proceeding memory proceeding;
        if (accused.tenant != msg.sender) proceeding.tenant = accused.tenant;
        if (proceeding.tenant != address(0) || dispute.proceeding.phase != DisputePhase.Filed) {
            dispute.proceeding = proceeding;
        }
        uint256 bond = _bondOf(version, accused.collateral);
        uint256 fee = _filingFeeOf(version);
        emit DisputeFiled(
            disputeId,
            leaseId,
            accused.provider,
            accused.tenant,
            faultClass,
            faultStart,
            evidence,
            accused.held,
            accused.collateral * Collateral.UNIT,
            bond,
            fee,
            version
        );

        // Interaction
        _HOLD.safeTransferFrom(msg.sender, address(this), bond + fee);
    }

    /// @inheritdoc IDisputes
    function withdraw(DisputeId disputeId, uint40 filedAt) external {
        // Check
        Dispute storage dispute = _disputes[disputeId];
        DisputeLib.requireSame(disputeId, dispute, filedAt);
        address claimant = disputeId.claimantOf();
        if (msg.sender != claimant) revert DisputesNotParty(disputeId, claimant, msg.sender);
        bool answered = DisputeLib.requireUndecided(disputeId, dispute);
        Outcome outcome = answered ? Outcome.Rejected : Outcome.Failed;

        // Effect and interaction
        emit DisputeWithdrawn(disputeId, outcome);
        _execute(disputeId, dispute, outcome);
        settle(disputeId);
    }

    // ------------------------------------------------------------------------------------------------- provider

    /// @inheritdoc IDisputes
    function answer(DisputeId disputeId, uint40 filedAt, bool fromBond) external {
        // Check
        Dispute storage dispute = _disputes[disputeId];
        DisputeLib.requireSame(disputeId, dispute, filedAt);
        DisputeLib.requireFiled(disputeId, dispute);
        address provider = _requireProvider(disputeId);
        (Claim memory claim, Proceeding memory proceeding) = (dispute.claim, dispute.proceeding);

        // Effect
        address[] memory parties = new address[](3);
        (parties[0], parties[1], parties[2]) = (disputeId.claimantOf(), proceeding.tenant, provider);
        uint256 eligible = _COUNCIL.eligibleAt(claim.filedAt - 1, parties);
        bool among = eligible != _COUNCIL.eligibleAt(claim.filedAt - 1, new address[](0));
        proceeding.postings = proceeding.postings.withAnswer(among, fromBond);
        proceeding.eligible = uint8(eligible); // at most 99
        proceeding.since = uint40(block.timestamp);
        proceeding.phase = DisputePhase.Answered;
        emit DisputeAnswered(disputeId, proceeding.eligible, fromBond);
        if (proceeding.eligible < _LEAST_ELIGIBLE) _decide(disputeId, proceeding, Outcome.Failed);
        dispute.proceeding = proceeding;

        // Interaction
        _takeBond(claim, fromBond);
    }

    /// @inheritdoc IDisputes
    function concede(DisputeId disputeId, uint40 filedAt) external {
        Dispute storage dispute = _disputes[disputeId];
        DisputeLib.requireSame(disputeId, dispute, filedAt);
        DisputeLib.requireUndecided(disputeId, dispute);
        _requireProvider(disputeId);
        _makeFinal(dispute.proceeding, Outcome.Upheld);
        emit DisputeConceded(disputeId);
    }

    // --------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc IDisputes
    function execute(DisputeId disputeId) external {
        Dispute storage dispute = _disputes[disputeId];
        _execute(disputeId, dispute, DisputeLib.requireRipe(disputeId, dispute));
    }

    /// @inheritdoc IDisputes
    function settle(DisputeId disputeId) public {
        // Check
        Dispute storage dispute = _disputes[disputeId];
        (Claim memory claim, Proceeding memory proceeding) = (dispute.claim, dispute.proceeding);
        if (proceeding.phase != DisputePhase.Executed) revert DisputesWrongPhase(disputeId, proceeding.phase);

        // Effect
        dispute.proceeding.phase = DisputePhase.Settled;
        uint256 toTreasury = _filingFeeOf(claim.rules);
        uint256 voters = uint256(proceeding.upholds) + proceeding.rejects;
        uint256 share;
        if (voters != 0) {
            share = toTreasury / voters;
            toTreasury -= share * voters;
            _shares[disputeId][claim.filedAt] = share;
        }
        Payout memory payout = Payout({
            disputeId: disputeId,
            bond: _bondOf(claim.rules, claim.collateral),
            toClaimant: 0,
            toProvider: 0
        });

        // Interaction: first what is reserved with staking, then what is held here.
        bool rejected = proceeding.outcome == Outcome.Rejected;
        _payBond(payout, rejected ? Side.Provider : Side.Claimant, Side.Claimant, false);
        Side to = DisputeLib.counterBondTo(proceeding);
        _payBond(payout, to, Side.Provider, proceeding.postings.answerReserved());
        Side appellant = proceeding.postings.providerAppealed() ? Side.Provider : Side.Claimant;
        _payBond(payout, proceeding.appealBondTo, appellant, proceeding.postings.appealReserved());
        emit DisputeSettled(disputeId, claim.filedAt, payout.toClaimant, payout.toProvider, toTreasury, share);
        if (payout.toClaimant != 0) _HOLD.safeTransfer(disputeId.claimantOf(), payout.toClaimant);
        if (payout.toProvider != 0) _HOLD.safeTransfer(_providerOf(disputeId), payout.toProvider);
        if (toTreasury != 0) _HOLD.safeTransfer(_rulesAt(claim.rules).treasury, toTreasury);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Demands that the last claim of this claimant on this lease is over, paid out, and not of this second: votes
    /// and shares are kept by the second of filing.
    function _requireNoneOpen(DisputeId disputeId, Dispute storage dispute) private view {
        uint40 filedAt = dispute.claim.filedAt;
        if (filedAt == 0) return;
        if (dispute.proceeding.phase != DisputePhase.Settled) revert DisputesAlreadyOpen(disputeId);
        if (filedAt == block.timestamp) revert DisputesFiledThisSecond(disputeId);
    }

    function _requireProvider(DisputeId disputeId) private view returns (address provider) {
        provider = _providerOf(disputeId);
        if (msg.sender != provider) revert DisputesNotParty(disputeId, provider, msg.sender);
    }

    /// @dev Ends the claim in the market.
    function _execute(DisputeId disputeId, Dispute storage dispute, Outcome outcome) private {
        Claim memory claim = dispute.claim;
        dispute.proceeding.phase = DisputePhase.Executed;
        dispute.proceeding.outcome = outcome;
        uint256 penalty = _MARKET.endClaim(
            disputeId.leaseOf(),
            disputeId.claimantOf(),
            _fractionOf(claim.rules, claim.faultClass),
            outcome == Outcome.Upheld
        );
        emit DisputeExecuted(disputeId, outcome, penalty);
    }

    /// @dev Pays one bond to side `to`. One that is reserved of its poster's own bond is free again where it returns,
    /// and a penalty that is all the other side's where it does not: nobody gets at a bond faster by losing to itself
    /// (INV-STK-3).
    function _payBond(Payout memory payout, Side to, Side poster, bool reserved) private {
        if (to == Side.None || payout.bond == 0) return;
        if (!reserved) {
            if (to == Side.Claimant) payout.toClaimant += payout.bond;
            else payout.toProvider += payout.bond;
            return;
        }
        (address from, address other) = (payout.disputeId.claimantOf(), _providerOf(payout.disputeId));
        if (poster == Side.Provider) (from, other) = (other, from);
        if (to == poster) _STAKING.release(from, payout.bond);
        else _STAKING.penalise(from, payout.bond, other, address(0), address(0));
    }
}
