// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICouncil} from "../interfaces/ICouncil.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";
import {ILeaseClaims} from "../interfaces/ILeaseClaims.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {Collateral} from "../libraries/Collateral.sol";
import {DisputeLib} from "../libraries/DisputeLib.sol";
import {
    Claim,
    Dispute,
    DisputePhase,
    FaultClass,
    Outcome,
    Proceeding,
    Rules,
    Side,
    Vote
} from "../types/DisputeTypes.sol";
import {DisputeId, LeaseId, toDisputeId} from "../types/Ids.sol";
import {DisputeRules} from "./DisputeRules.sol";

/// @title Disputes
/// @notice The manual is IDisputes.
/// @dev HOLD is the one token that moves here, and it calls nobody back; the market calls the vaults alone. So nothing
/// comes back into this contract in the middle of anything, and no guard is needed.
contract Disputes is DisputeRules {
    using DisputeLib for Dispute;
    using SafeERC20 for IERC20;

    uint256 private constant _MOST_FAULT_AGE = 7 days;
    uint256 private constant _LEAST_ELIGIBLE = 3;

    IMarket private immutable _MARKET;
    ICouncil private immutable _COUNCIL;
    IERC20 private immutable _HOLD;

    mapping(DisputeId disputeId => Dispute dispute) private _disputes;
    mapping(DisputeId disputeId => mapping(uint40 filedAt => mapping(address member => Vote vote))) private _votes;
    mapping(DisputeId disputeId => mapping(uint40 filedAt => uint256 share)) private _shares; // wei of HOLD

    /// @notice Wires disputes to a market and a council, and publishes version 1 of the rules.
    /// @param authority AccessManager that gates `publishRules`, and nothing else.
    /// @param market whose leases are disputed, where their offers name this contract.
    /// @param council that rules.
    /// @param rules version 1.
    constructor(address authority, address market, address council, Rules memory rules) DisputeRules(authority, rules) {
        _MARKET = IMarket(market);
        _COUNCIL = ICouncil(council);
        _HOLD = IERC20(_MARKET.STAKING().HOLD());
    }

    // ------------------------------------------------------------------------------------------------- claimant

    /// @inheritdoc IDisputes
    function file(
        LeaseId leaseId,
        FaultClass faultClass,
        uint40 faultStart,
        bytes32 evidence
    ) external returns (DisputeId disputeId) {
        // Check
        disputeId = toDisputeId(leaseId, msg.sender);
        Dispute storage dispute = _disputes[disputeId];
        _requireNoneOpen(disputeId, dispute);
        uint40 now_ = uint40(block.timestamp);
        if (uint256(faultStart) + _MOST_FAULT_AGE < now_) {
            revert DisputesFaultTooOld(faultStart, now_ - _MOST_FAULT_AGE);
        }
        ILeaseClaims.Accused memory accused = _MARKET.openClaim(leaseId, msg.sender, faultStart);

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
    function withdraw(DisputeId disputeId) external {
        // Check
        Dispute storage dispute = _disputes[disputeId];
        address claimant = disputeId.claimantOf();
        if (msg.sender != claimant) revert DisputesNotParty(disputeId, claimant, msg.sender);
        Outcome outcome = Outcome.Failed;
        if (dispute.proceeding.phase == DisputePhase.Filed) {
            DisputeLib.requireFiled(disputeId, dispute);
        } else {
            DisputeLib.requireAnswered(disputeId, dispute.proceeding);
            outcome = Outcome.Rejected;
        }

        // Effect and interaction
        emit DisputeWithdrawn(disputeId, outcome);
        _execute(disputeId, dispute, outcome);
        settle(disputeId);
    }

    // ------------------------------------------------------------------------------------------------- provider

    /// @inheritdoc IDisputes
    function answer(DisputeId disputeId) external {
        // Check
        Dispute storage dispute = _disputes[disputeId];
        DisputeLib.requireFiled(disputeId, dispute);
        address provider = _requireProvider(disputeId);
        (Claim memory claim, Proceeding memory proceeding) = (dispute.claim, dispute.proceeding);

        // Effect
        address[] memory parties = new address[](3);
        (parties[0], parties[1], parties[2]) = (disputeId.claimantOf(), proceeding.tenant, provider);
        proceeding.eligible = uint8(_COUNCIL.eligibleAt(claim.filedAt - 1, parties)); // at most 99
        proceeding.answered = true;
        proceeding.since = uint40(block.timestamp);
        proceeding.phase = DisputePhase.Answered;
        emit DisputeAnswered(disputeId, proceeding.eligible);
        if (proceeding.eligible < _LEAST_ELIGIBLE) _decide(disputeId, proceeding, Outcome.Failed);
        dispute.proceeding = proceeding;

        // Interaction
        _HOLD.safeTransferFrom(msg.sender, address(this), _bondOf(claim.rules, claim.collateral));
    }

    /// @inheritdoc IDisputes
    function concede(DisputeId disputeId) external {
        Dispute storage dispute = _disputes[disputeId];
        if (dispute.proceeding.phase == DisputePhase.Filed) DisputeLib.requireFiled(disputeId, dispute);
        else DisputeLib.requireAnswered(disputeId, dispute.proceeding);
        _requireProvider(disputeId);
        _makeFinal(dispute.proceeding, Outcome.Upheld);
        emit DisputeConceded(disputeId);
    }

    // ------------------------------------------------------------------------------------------------- council

    /// @inheritdoc IDisputes
    function rule(DisputeId disputeId, bool uphold) external {
        Dispute storage dispute = _disputes[disputeId];
        Proceeding memory proceeding = _vote(disputeId, dispute, uphold ? Vote.Uphold : Vote.Reject);
        if (uphold) ++proceeding.upholds;
        else ++proceeding.rejects;
        emit Voted(disputeId, msg.sender, uphold ? Vote.Uphold : Vote.Reject, proceeding.upholds, proceeding.rejects);
        if (uint256(proceeding.upholds) * 2 > proceeding.eligible) _decide(disputeId, proceeding, Outcome.Upheld);
        if (uint256(proceeding.rejects) * 2 > proceeding.eligible) _decide(disputeId, proceeding, Outcome.Rejected);
        dispute.proceeding = proceeding;
    }

    /// @inheritdoc IDisputes
    function recuse(DisputeId disputeId) external {
        Proceeding memory proceeding = _vote(disputeId, _disputes[disputeId], Vote.Recused);
        emit Voted(disputeId, msg.sender, Vote.Recused, proceeding.upholds, proceeding.rejects);
    }

    /// @inheritdoc IDisputes
    function collectFee(DisputeId disputeId, uint40 filedAt, address to) external returns (uint256 amount) {
        Vote vote = _votes[disputeId][filedAt][msg.sender];
        amount = _shares[disputeId][filedAt];
        if (amount == 0 || (vote != Vote.Uphold && vote != Vote.Reject)) {
            revert DisputesNoShare(disputeId, filedAt, msg.sender);
        }
        _votes[disputeId][filedAt][msg.sender] = Vote.Paid;
        emit FeeCollected(disputeId, filedAt, msg.sender, to, amount);
        _HOLD.safeTransfer(to, amount);
    }

    // ------------------------------------------------------------------------------------------------ both sides

    /// @inheritdoc IDisputes
    function appeal(DisputeId disputeId) external {
        // Check
        Dispute storage dispute = _disputes[disputeId];
        Outcome outcome = DisputeLib.requireAppealable(disputeId, dispute);
        Side other;
        if (msg.sender == disputeId.claimantOf()) {
            if (outcome != Outcome.Upheld) other = Side.Provider;
        } else if (outcome != Outcome.Rejected && msg.sender == _providerOf(disputeId)) {
            other = Side.Claimant;
        }
        if (other == Side.None) revert DisputesNothingToAppeal(disputeId, outcome, msg.sender);

        // Effect
        Proceeding memory proceeding = dispute.proceeding;
        proceeding.phase = DisputePhase.Appealed;
        proceeding.since = uint40(block.timestamp);
        proceeding.outcome = outcome;
        proceeding.appealBondTo = other;
        dispute.proceeding = proceeding;
        emit DisputeAppealed(disputeId, msg.sender, outcome);

        // Interaction
        Claim memory claim = dispute.claim;
        _HOLD.safeTransferFrom(msg.sender, address(this), _bondOf(claim.rules, claim.collateral));
    }

    // ------------------------------------------------------------------------------------------ appeal authority

    /// @inheritdoc IDisputes
    function decide(DisputeId[] calldata disputeIds, Outcome[] calldata outcomes) external returns (uint256 done) {
        if (disputeIds.length != outcomes.length) revert DisputesNoOutcome(disputeIds.length, outcomes.length);
        for (uint256 i = 0; i < disputeIds.length; ++i) {
            if (_decideAppeal(disputeIds[i], outcomes[i])) ++done;
        }
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
        uint256 bond = _bondOf(claim.rules, claim.collateral);
        (uint256 toClaimant, uint256 toProvider) = DisputeLib.bondsOf(proceeding);
        (toClaimant, toProvider) = (toClaimant * bond, toProvider * bond);
        uint256 toTreasury = _filingFeeOf(claim.rules);
        uint256 voters = uint256(proceeding.upholds) + proceeding.rejects;
        uint256 share;
        if (voters != 0) {
            share = toTreasury / voters;
            toTreasury -= share * voters;
            _shares[disputeId][claim.filedAt] = share;
        }
        emit DisputeSettled(disputeId, claim.filedAt, toClaimant, toProvider, toTreasury, share);

        // Interaction
        if (toClaimant != 0) _HOLD.safeTransfer(disputeId.claimantOf(), toClaimant);
        if (toProvider != 0) _HOLD.safeTransfer(_providerOf(disputeId), toProvider);
        if (toTreasury != 0) _HOLD.safeTransfer(_rulesAt(claim.rules).treasury, toTreasury);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IDisputes
    function disputeView(DisputeId disputeId) external view returns (DisputeView memory result) {
        Dispute storage dispute = _disputes[disputeId];
        (Claim memory claim, Proceeding memory proceeding) = (dispute.claim, dispute.proceeding);
        if (claim.filedAt == 0) return result;
        result.phase = proceeding.phase;
        result.claimant = disputeId.claimantOf();
        result.byTenant = proceeding.tenant == address(0);
        result.tenant = result.byTenant ? result.claimant : proceeding.tenant;
        result.provider = _providerOf(disputeId);
        result.filedAt = claim.filedAt;
        result.faultStart = claim.filedAt - claim.faultAge;
        uint40 from;
        (result.outcome, , from) = DisputeLib.standing(dispute);
        bool over = proceeding.phase == DisputePhase.Executed || proceeding.phase == DisputePhase.Settled;
        result.ripe = !over && result.outcome != Outcome.None && block.timestamp >= from;
        (result.deadline, result.endsAt) = DisputeLib.deadlines(dispute);
        result.held = claim.held;
        result.collateral = claim.collateral * Collateral.UNIT;
        result.fractionBps = _fractionOf(claim.rules, claim.faultClass);
        result.bond = _bondOf(claim.rules, claim.collateral);
        result.filingFee = _filingFeeOf(claim.rules);
    }

    /// @inheritdoc IDisputes
    function disputeById(DisputeId disputeId) external view returns (Dispute memory) {
        return _disputes[disputeId];
    }

    /// @inheritdoc IDisputes
    function voteOf(DisputeId disputeId, uint40 filedAt, address member) external view returns (Vote) {
        return _votes[disputeId][filedAt][member];
    }

    /// @inheritdoc IDisputes
    function shareOf(DisputeId disputeId, uint40 filedAt) external view returns (uint256) {
        return _shares[disputeId][filedAt];
    }

    /// @inheritdoc IDisputes
    function MARKET() external view returns (address) {
        return address(_MARKET);
    }

    /// @inheritdoc IDisputes
    function COUNCIL() external view returns (address) {
        return address(_COUNCIL);
    }

    /// @inheritdoc IDisputes
    function HOLD() external view returns (address) {
        return address(_HOLD);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Demands that the last claim of this claimant on this lease is over, paid out, and not of this second: votes and
    /// shares are kept by the second of filing.
    function _requireNoneOpen(DisputeId disputeId, Dispute storage dispute) private view {
        uint40 filedAt = dispute.claim.filedAt;
        if (filedAt == 0) return;
        if (dispute.proceeding.phase != DisputePhase.Settled) revert DisputesAlreadyOpen(disputeId);
        if (filedAt == block.timestamp) revert DisputesFiledThisSecond(disputeId);
    }

    function _providerOf(DisputeId disputeId) private view returns (address provider) {
        (, provider) = _MARKET.partiesOf(disputeId.leaseOf());
    }

    function _requireProvider(DisputeId disputeId) private view returns (address provider) {
        provider = _providerOf(disputeId);
        if (msg.sender != provider) revert DisputesNotParty(disputeId, provider, msg.sender);
    }

    /// @dev Records what the caller does, who may: seated since before the claim was filed, no party, and for the first
    /// time (INV-DSP-3).
    function _vote(
        DisputeId disputeId,
        Dispute storage dispute,
        Vote vote
    ) private returns (Proceeding memory proceeding) {
        proceeding = dispute.proceeding;
        DisputeLib.requireAnswered(disputeId, proceeding);
        uint40 filedAt = dispute.claim.filedAt;
        uint256 since = _COUNCIL.seatedSince(msg.sender);
        if (since == 0 || since >= filedAt) revert DisputesNotSeated(disputeId, msg.sender, since, filedAt);
        bool party = msg.sender == disputeId.claimantOf() || msg.sender == proceeding.tenant;
        if (party || msg.sender == _providerOf(disputeId)) revert DisputesPartyCannotRule(disputeId, msg.sender);
        if (_votes[disputeId][filedAt][msg.sender] != Vote.None) revert DisputesVoteCast(disputeId, msg.sender);
        _votes[disputeId][filedAt][msg.sender] = vote;
    }

    function _decide(DisputeId disputeId, Proceeding memory proceeding, Outcome outcome) private {
        proceeding.phase = DisputePhase.Decided;
        proceeding.since = uint40(block.timestamp);
        proceeding.outcome = outcome;
        emit DisputeDecided(disputeId, outcome);
    }

    function _makeFinal(Proceeding storage proceeding, Outcome outcome) private {
        proceeding.phase = DisputePhase.Final;
        proceeding.since = uint40(block.timestamp);
        proceeding.outcome = outcome;
    }

    /// @dev Decides one appeal; false where it is not open. The appeal bond returns where the decision is better for the
    /// appellant than what it appealed.
    function _decideAppeal(DisputeId disputeId, Outcome outcome) private returns (bool) {
        Dispute storage dispute = _disputes[disputeId];
        Proceeding memory proceeding = dispute.proceeding;
        address authority = _rulesAt(dispute.claim.rules).appealAuthority;
        if (msg.sender != authority) revert DisputesNotAuthority(disputeId, authority, msg.sender);
        if (outcome == Outcome.None) revert DisputesNoOutcome(1, 0);
        if (proceeding.phase != DisputePhase.Appealed) return false;
        if (block.timestamp >= proceeding.since + DisputeLib.DECISION_WINDOW) return false;

        bool byClaimant = proceeding.appealBondTo == Side.Provider;
        if (byClaimant ? outcome < proceeding.outcome : outcome > proceeding.outcome) {
            dispute.proceeding.appealBondTo = byClaimant ? Side.Claimant : Side.Provider;
        }
        _makeFinal(dispute.proceeding, outcome);
        emit AppealDecided(disputeId, outcome);
        return true;
    }

    /// @dev Ends the claim in the market.
    function _execute(DisputeId disputeId, Dispute storage dispute, Outcome outcome) private {
        Claim memory claim = dispute.claim;
        address tenant = dispute.proceeding.tenant;
        dispute.proceeding.phase = DisputePhase.Executed;
        dispute.proceeding.outcome = outcome;
        address claimant = disputeId.claimantOf();
        uint256 penalty = _MARKET.endClaim(
            disputeId.leaseOf(),
            ILeaseClaims.Verdict({
                claimant: claimant,
                tenant: tenant == address(0) ? claimant : tenant,
                held: claim.held,
                collateral: claim.collateral,
                faultStart: claim.filedAt - claim.faultAge,
                filedAt: claim.filedAt,
                fractionBps: _fractionOf(claim.rules, claim.faultClass),
                upheld: outcome == Outcome.Upheld
            })
        );
        emit DisputeExecuted(disputeId, outcome, penalty);
    }
}
