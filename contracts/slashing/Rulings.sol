// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";
import {DisputeLib} from "../libraries/DisputeLib.sol";
import {Dispute, Outcome, Proceeding, Vote} from "../types/DisputeTypes.sol";
import {DisputeId} from "../types/Ids.sol";
import {DisputeBook} from "./DisputeBook.sol";

/// @title Rulings
/// @notice What the council does: votes on answered claims, and takes its fees.
abstract contract Rulings is DisputeBook {
    using SafeERC20 for IERC20;

    /// @inheritdoc IDisputes
    function rule(DisputeId disputeId, uint40 filedAt, bool uphold) external {
        Dispute storage dispute = _disputes[disputeId];
        DisputeLib.requireSame(disputeId, dispute, filedAt);
        Proceeding memory proceeding = _vote(disputeId, dispute, uphold ? Vote.Uphold : Vote.Reject);
        if (uphold) ++proceeding.upholds;
        else ++proceeding.rejects;
        emit Voted(disputeId, msg.sender, uphold ? Vote.Uphold : Vote.Reject, proceeding.upholds, proceeding.rejects);
        if (uint256(proceeding.upholds) * 2 > proceeding.eligible) _decide(disputeId, proceeding, Outcome.Upheld);
        if (uint256(proceeding.rejects) * 2 > proceeding.eligible) _decide(disputeId, proceeding, Outcome.Rejected);
        dispute.proceeding = proceeding;
    }

    /// @inheritdoc IDisputes
    function recuse(DisputeId disputeId, uint40 filedAt) external {
        Dispute storage dispute = _disputes[disputeId];
        DisputeLib.requireSame(disputeId, dispute, filedAt);
        Proceeding memory proceeding = _vote(disputeId, dispute, Vote.Recused);
        emit Voted(disputeId, msg.sender, Vote.Recused, proceeding.upholds, proceeding.rejects);
    }

    /// @inheritdoc IDisputes
    function collectFee(DisputeId disputeId, uint40 filedAt, address to) external returns (uint256 amount) {
        if (to == address(this) || to == address(_HOLD)) revert DisputesInvalidRecipient(to);
        Vote vote = _votes[disputeId][filedAt][msg.sender];
        amount = _shares[disputeId][filedAt];
        if (amount == 0 || (vote != Vote.Uphold && vote != Vote.Reject)) {
            revert DisputesNoShare(disputeId, filedAt, msg.sender);
        }
        _votes[disputeId][filedAt][msg.sender] = Vote.Paid;
        emit FeeCollected(disputeId, filedAt, msg.sender, to, amount);
        _HOLD.safeTransfer(to, amount);
    }

    // ------------------------------------------------------------------------------------------------- internal

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
        // Who has been seated since before the filing is a party only where one was seated then.
        if (proceeding.postings.amongMembers() && _isParty(disputeId, proceeding.tenant)) {
            revert DisputesPartyCannotRule(disputeId, msg.sender);
        }
        if (_votes[disputeId][filedAt][msg.sender] != Vote.None) revert DisputesVoteCast(disputeId, msg.sender);
        _votes[disputeId][filedAt][msg.sender] = vote;
    }

    function _isParty(DisputeId disputeId, address tenant) private view returns (bool) {
        return msg.sender == disputeId.claimantOf() || msg.sender == tenant || msg.sender == _providerOf(disputeId);
    }
}
