// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputes} from "../interfaces/IDisputes.sol";
import {Claim, Dispute, DisputePhase, Outcome, Proceeding, Side} from "../types/DisputeTypes.sol";
import {DisputeId} from "../types/Ids.sol";

/// @title DisputeLib
/// @notice The clock of a dispute: which window is open, what a window that closed brought, who is paid which bond.
library DisputeLib {
    /// @notice The provider answers within this time of the filing, or has conceded.
    uint40 internal constant ANSWER_WINDOW = 2 days;
    /// @notice The council rules within this time of the answer, or the claim has failed.
    uint40 internal constant RULING_WINDOW = 4 days;
    /// @notice An outcome is appealed within this time, or stands.
    uint40 internal constant APPEAL_WINDOW = 2 days;
    /// @notice The appeal authority decides within this time of the appeal, or the outcome stands.
    uint40 internal constant DECISION_WINDOW = 21 days;

    /// @notice The outcome that stands now, where there is one, and from when on it may be executed.
    /// @return outcome None while the provider may answer or the council rule.
    /// @return appealable whether it can be appealed, until `from`.
    /// @return from second from which on anyone may execute it; later if it is appealed.
    function standing(Dispute storage dispute) internal view returns (Outcome outcome, bool appealable, uint40 from) {
        Proceeding memory proceeding = dispute.proceeding;
        uint40 now_ = uint40(block.timestamp);
        if (proceeding.phase == DisputePhase.Filed) {
            uint40 deadline = dispute.claim.filedAt + ANSWER_WINDOW;
            if (now_ >= deadline) return (Outcome.Upheld, true, deadline + APPEAL_WINDOW);
        } else if (proceeding.phase == DisputePhase.Answered) {
            uint40 deadline = proceeding.since + RULING_WINDOW;
            if (now_ >= deadline) return (Outcome.Failed, true, deadline + APPEAL_WINDOW);
        } else if (proceeding.phase == DisputePhase.Decided) {
            return (proceeding.outcome, true, proceeding.since + APPEAL_WINDOW);
        } else if (proceeding.phase == DisputePhase.Appealed) {
            return (proceeding.outcome, false, proceeding.since + DECISION_WINDOW);
        } else {
            return (proceeding.outcome, false, proceeding.since);
        }
    }

    /// @notice Of a dispute that is not over: when the window that is open now closes, and by when the dispute can be
    /// executed whoever goes silent. The last three are what `standing` says of it.
    /// @return deadline 0: no window is open.
    /// @return endsAt an upper bound that never rises while a dispute goes on.
    function deadlines(
        Dispute storage dispute,
        Outcome outcome,
        bool appealable,
        uint40 from
    ) internal view returns (uint40 deadline, uint40 endsAt) {
        if (outcome == Outcome.None) {
            Proceeding memory proceeding = dispute.proceeding;
            bool answered = proceeding.phase == DisputePhase.Answered;
            deadline = answered ? proceeding.since + RULING_WINDOW : dispute.claim.filedAt + ANSWER_WINDOW;
            endsAt = deadline + APPEAL_WINDOW + DECISION_WINDOW;
            if (!answered) endsAt += RULING_WINDOW;
        } else {
            if (block.timestamp < from) deadline = from;
            // An appeal may come in the last second of its window.
            endsAt = appealable && deadline != 0 ? from + DECISION_WINDOW : from;
        }
    }

    /// @notice Whether what the outcome says was done: nothing is left but the bonds.
    function isOver(DisputePhase phase) internal pure returns (bool) {
        return phase >= DisputePhase.Executed;
    }

    /// @notice Demands that the provider may still answer.
    function requireFiled(DisputeId disputeId, Dispute storage dispute) internal view {
        Claim storage claim = dispute.claim;
        DisputePhase phase = dispute.proceeding.phase;
        uint40 filedAt = claim.filedAt;
        if (filedAt == 0 || phase != DisputePhase.Filed) revert IDisputes.DisputesWrongPhase(disputeId, phase);
        _requireBefore(disputeId, filedAt + ANSWER_WINDOW);
    }

    /// @notice Demands that the council may still rule.
    function requireAnswered(DisputeId disputeId, Proceeding memory proceeding) internal view {
        if (proceeding.phase != DisputePhase.Answered) {
            revert IDisputes.DisputesWrongPhase(disputeId, proceeding.phase);
        }
        _requireBefore(disputeId, proceeding.since + RULING_WINDOW);
    }

    /// @notice Demands that the provider may still answer, or that it did and the council may still rule.
    /// @return answered whether it did.
    function requireUndecided(DisputeId disputeId, Dispute storage dispute) internal view returns (bool answered) {
        answered = dispute.proceeding.phase != DisputePhase.Filed;
        if (answered) requireAnswered(disputeId, dispute.proceeding);
        else requireFiled(disputeId, dispute);
    }

    /// @notice Demands that an outcome stands that can still be appealed.
    function requireAppealable(DisputeId disputeId, Dispute storage dispute) internal view returns (Outcome outcome) {
        bool appealable;
        uint40 until;
        (outcome, appealable, until) = standing(dispute);
        if (dispute.claim.filedAt == 0 || !appealable) {
            revert IDisputes.DisputesWrongPhase(disputeId, dispute.proceeding.phase);
        }
        _requireBefore(disputeId, until);
    }

    /// @notice Demands that what stands can be executed, and was not.
    function requireRipe(DisputeId disputeId, Dispute storage dispute) internal view returns (Outcome outcome) {
        uint40 from;
        (outcome, , from) = standing(dispute);
        DisputePhase phase = dispute.proceeding.phase;
        if (dispute.claim.filedAt == 0 || outcome == Outcome.None || isOver(phase)) {
            revert IDisputes.DisputesWrongPhase(disputeId, phase);
        }
        if (block.timestamp < from) revert IDisputes.DisputesTooEarly(disputeId, from, block.timestamp);
    }

    /// @notice Who gets the counter-bond of a dispute that is over; None: the provider did not answer. A claim bond is
    /// the provider's where the claim was rejected, and the claimant's otherwise; an appeal bond is `appealBondTo`'s.
    /// So the bonds that were posted are paid out, no more and no less (INV-DSP-1).
    function counterBondTo(Proceeding memory proceeding) internal pure returns (Side) {
        if (!proceeding.postings.answered()) return Side.None;
        return proceeding.outcome == Outcome.Upheld ? Side.Claimant : Side.Provider;
    }

    /// @notice Demands that the claim that is meant is the dispute's present one: nothing that waited, a transaction or
    /// a signature, reaches a later claim of the same name (ATK-DSP-9).
    function requireSame(DisputeId disputeId, Dispute storage dispute, uint40 filedAt) internal view {
        uint40 actual = dispute.claim.filedAt;
        if (filedAt != actual) revert IDisputes.DisputesAnotherClaim(disputeId, actual, filedAt);
    }

    function _requireBefore(DisputeId disputeId, uint40 deadline) private view {
        if (block.timestamp >= deadline) revert IDisputes.DisputesTooLate(disputeId, deadline, block.timestamp);
    }
}
