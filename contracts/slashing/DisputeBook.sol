// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ICouncil} from "../interfaces/ICouncil.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {Collateral} from "../libraries/Collateral.sol";
import {DisputeLib} from "../libraries/DisputeLib.sol";
import {Claim, Dispute, DisputePhase, Outcome, Proceeding, Vote} from "../types/DisputeTypes.sol";
import {DisputeId} from "../types/Ids.sol";
import {DisputeRules} from "./DisputeRules.sol";

/// @title DisputeBook
/// @notice Keeps disputes, and knows the contracts around them.
abstract contract DisputeBook is DisputeRules {
    using SafeERC20 for IERC20;

    IMarket internal immutable _MARKET;
    ICouncil internal immutable _COUNCIL;
    IERC20 internal immutable _HOLD;
    IStaking internal immutable _STAKING;

    mapping(DisputeId disputeId => Dispute dispute) internal _disputes;
    mapping(DisputeId disputeId => mapping(uint40 filedAt => mapping(address member => Vote vote))) internal _votes;
    mapping(DisputeId disputeId => mapping(uint40 filedAt => uint256 share)) internal _shares; // wei of HOLD

    constructor(address market, address council) {
        _MARKET = IMarket(market);
        _COUNCIL = ICouncil(council);
        _STAKING = _MARKET.STAKING();
        _HOLD = IERC20(_STAKING.HOLD());
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
        (Outcome outcome, bool appealable, uint40 from) = DisputeLib.standing(dispute);
        result.outcome = outcome;
        if (!DisputeLib.isOver(proceeding.phase)) {
            result.ripe = outcome != Outcome.None && block.timestamp >= from;
            (result.deadline, result.endsAt) = DisputeLib.deadlines(dispute, outcome, appealable, from);
        }
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
    function ANSWER_WINDOW() external pure returns (uint40) {
        return DisputeLib.ANSWER_WINDOW;
    }

    /// @inheritdoc IDisputes
    function RULING_WINDOW() external pure returns (uint40) {
        return DisputeLib.RULING_WINDOW;
    }

    /// @inheritdoc IDisputes
    function APPEAL_WINDOW() external pure returns (uint40) {
        return DisputeLib.APPEAL_WINDOW;
    }

    /// @inheritdoc IDisputes
    function DECISION_WINDOW() external pure returns (uint40) {
        return DisputeLib.DECISION_WINDOW;
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

    function _providerOf(DisputeId disputeId) internal view returns (address) {
        return _MARKET.providerOf(disputeId.leaseOf());
    }

    /// @dev Takes a bond as large as the claim bond out of the caller's allowance, or reserves it of what the caller
    /// itself bonded with this contract.
    function _takeBond(Claim memory claim, bool fromBond) internal {
        uint256 bond = _bondOf(claim.rules, claim.collateral);
        if (!fromBond) {
            _HOLD.safeTransferFrom(msg.sender, address(this), bond);
        } else if (!_STAKING.tryReserve(msg.sender, bond)) {
            revert DisputesBondShort(msg.sender, _STAKING.poolOf(address(this), msg.sender).free, bond);
        }
    }

    /// @dev Our own contracts, and the zero address.
    function _requireOutside(address account) internal view override {
        address[12] memory ours = [
            address(0),
            address(this),
            address(_MARKET),
            address(_COUNCIL),
            address(_STAKING),
            address(_HOLD),
            address(_MARKET.ESCROW()),
            address(_MARKET.LIVENESS()),
            address(_MARKET.RECORDS()),
            _MARKET.ORDERS(),
            _MARKET.QUOTES(),
            authority()
        ];
        for (uint256 i = 0; i < ours.length; ++i) {
            if (account == ours[i]) revert DisputesInvalidTreasury(account);
        }
    }

    /// @dev Ends what the council, or the lack of one, decides; either side may appeal it.
    function _decide(DisputeId disputeId, Proceeding memory proceeding, Outcome outcome) internal {
        proceeding.phase = DisputePhase.Decided;
        proceeding.since = uint40(block.timestamp);
        proceeding.outcome = outcome;
        emit DisputeDecided(disputeId, outcome);
    }

    /// @dev Fixes the outcome: it can be executed at once.
    function _makeFinal(Proceeding storage proceeding, Outcome outcome) internal {
        proceeding.phase = DisputePhase.Final;
        proceeding.since = uint40(block.timestamp);
        proceeding.outcome = outcome;
    }
}
