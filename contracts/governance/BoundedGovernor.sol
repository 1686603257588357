// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorVotesQuorumFraction} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IHoldGovernor} from "../interfaces/IHoldGovernor.sol";

/// @title BoundedGovernor
/// @notice The settings of the governor, each within bounds that no vote can pass (INV-GOV-2). With the bounds of the
/// timelock a proposal takes at most 15 days and a second where nobody delays it, less than an appeal waits for.
abstract contract BoundedGovernor is
    GovernorSettings,
    GovernorVotesQuorumFraction,
    GovernorPreventLateQuorum,
    IHoldGovernor
{
    /// @notice What governs the governor; each within its bounds.
    struct Settings {
        uint48 votingDelay; // seconds from proposal to snapshot, at most 2 days
        uint32 votingPeriod; // seconds, 3 to 7 days
        uint256 proposalThreshold; // wei of HOLD, 0.01 % to 1 % of the supply
        uint256 quorumPercent; // of the supply, 2 to 20
        uint48 lateExtension; // seconds that voting goes on for at least once the quorum is reached, at most 2 days
    }

    uint256 private constant _SUPPLY = 1_000_000_000e18;
    /// @notice Longest delay between proposal and snapshot, seconds.
    uint256 public constant MAX_VOTING_DELAY = 2 days;
    /// @notice Shortest voting period, seconds.
    uint256 public constant MIN_VOTING_PERIOD = 3 days;
    /// @notice Longest voting period, seconds.
    uint256 public constant MAX_VOTING_PERIOD = 7 days;
    /// @notice Least votes that proposing can take, wei of HOLD.
    uint256 public constant MIN_PROPOSAL_THRESHOLD = _SUPPLY / 10_000;
    /// @notice Most votes that proposing can take, wei of HOLD.
    uint256 public constant MAX_PROPOSAL_THRESHOLD = _SUPPLY / 100;
    /// @notice Smallest quorum, percent of the supply.
    uint256 public constant MIN_QUORUM_PERCENT = 2;
    /// @notice Largest quorum, percent of the supply.
    uint256 public constant MAX_QUORUM_PERCENT = 20;
    /// @notice Longest time that voting goes on for after a late quorum, seconds.
    uint256 public constant MAX_LATE_EXTENSION = 2 days;

    constructor(
        Settings memory settings
    )
        GovernorSettings(settings.votingDelay, settings.votingPeriod, settings.proposalThreshold)
        GovernorVotesQuorumFraction(settings.quorumPercent)
        GovernorPreventLateQuorum(settings.lateExtension)
    {}

    /// @notice Votes, in wei of HOLD, that proposing takes.
    function proposalThreshold() public view virtual override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    /// @notice When voting on a proposal ends; later where the quorum comes late.
    function proposalDeadline(
        uint256 proposalId
    ) public view virtual override(Governor, GovernorPreventLateQuorum) returns (uint256) {
        return super.proposalDeadline(proposalId);
    }

    /// @notice Votes for and abstaining, in wei of HOLD, that a proposal with its snapshot at `timepoint` needs.
    /// @dev HOLD has all its supply from its first second on: no vote needs to pay for reading it.
    function quorum(
        uint256 timepoint
    ) public view virtual override(Governor, GovernorVotesQuorumFraction) returns (uint256) {
        return (_SUPPLY * quorumNumerator(timepoint)) / quorumDenominator();
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _setVotingDelay(uint48 newVotingDelay) internal override {
        _requireWithin("votingDelay", newVotingDelay, 0, MAX_VOTING_DELAY);
        super._setVotingDelay(newVotingDelay);
    }

    function _setVotingPeriod(uint32 newVotingPeriod) internal override {
        _requireWithin("votingPeriod", newVotingPeriod, MIN_VOTING_PERIOD, MAX_VOTING_PERIOD);
        super._setVotingPeriod(newVotingPeriod);
    }

    function _setProposalThreshold(uint256 newProposalThreshold) internal override {
        _requireWithin("proposalThreshold", newProposalThreshold, MIN_PROPOSAL_THRESHOLD, MAX_PROPOSAL_THRESHOLD);
        super._setProposalThreshold(newProposalThreshold);
    }

    function _updateQuorumNumerator(uint256 newQuorumNumerator) internal override {
        _requireWithin("quorumPercent", newQuorumNumerator, MIN_QUORUM_PERCENT, MAX_QUORUM_PERCENT);
        super._updateQuorumNumerator(newQuorumNumerator);
    }

    function _setLateQuorumVoteExtension(uint48 newVoteExtension) internal override {
        _requireWithin("lateExtension", newVoteExtension, 0, MAX_LATE_EXTENSION);
        super._setLateQuorumVoteExtension(newVoteExtension);
    }

    function _tallyUpdated(uint256 proposalId) internal virtual override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }

    function _requireWithin(string memory name, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert GovernorSettingOutOfBounds(name, value, least, most);
    }
}
