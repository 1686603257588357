// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputes} from "../interfaces/IDisputes.sol";
import {DisputeLib} from "../libraries/DisputeLib.sol";
import {Decision, Dispute, DisputePhase, Outcome, Proceeding, Side} from "../types/DisputeTypes.sol";
import {DisputeId} from "../types/Ids.sol";
import {DisputeBook} from "./DisputeBook.sol";

/// @title Appeals
/// @notice Either side appeals an outcome once; the appeal authority that the dispute was filed under decides.
abstract contract Appeals is DisputeBook {
    // ------------------------------------------------------------------------------------------------ both sides

    /// @inheritdoc IDisputes
    function appeal(DisputeId disputeId, uint40 filedAt, bool fromBond) external {
        // Check
        Dispute storage dispute = _disputes[disputeId];
        DisputeLib.requireSame(disputeId, dispute, filedAt);
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
        proceeding.postings = proceeding.postings.withAppeal(other == Side.Claimant, fromBond);
        dispute.proceeding = proceeding;
        emit DisputeAppealed(disputeId, msg.sender, outcome, fromBond);

        // Interaction
        _takeBond(dispute.claim, fromBond);
    }

    // ------------------------------------------------------------------------------------------ appeal authority

    /// @inheritdoc IDisputes
    function decide(Decision[] calldata decisions) external returns (uint256 done) {
        for (uint256 i = 0; i < decisions.length; ++i) {
            if (_decideAppeal(decisions[i])) ++done;
        }
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Decides one appeal; false where it is not open, or another claim took its place. The appeal bond returns
    /// where the decision is better for the appellant than what it appealed.
    function _decideAppeal(Decision calldata decision) private returns (bool) {
        (DisputeId disputeId, Outcome outcome) = (decision.disputeId, decision.outcome);
        Dispute storage dispute = _disputes[disputeId];
        Proceeding memory proceeding = dispute.proceeding;
        if (outcome == Outcome.None) revert DisputesNoOutcome(disputeId);
        if (proceeding.phase != DisputePhase.Appealed || decision.filedAt != dispute.claim.filedAt) return false;
        if (block.timestamp >= proceeding.since + DisputeLib.DECISION_WINDOW) return false;
        address authority = _rulesAt(dispute.claim.rules).appealAuthority;
        if (msg.sender != authority) revert DisputesNotAuthority(disputeId, authority, msg.sender);

        bool byClaimant = !proceeding.postings.providerAppealed();
        if (byClaimant ? outcome < proceeding.outcome : outcome > proceeding.outcome) {
            dispute.proceeding.appealBondTo = byClaimant ? Side.Claimant : Side.Provider;
        }
        _makeFinal(dispute.proceeding, outcome);
        emit AppealDecided(disputeId, outcome);
        return true;
    }
}
