// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Decision} from "../types/DisputeTypes.sol";
import {DisputeId} from "../types/Ids.sol";

/// @title Governor of HOLD: what it adds to OpenZeppelin's
/// @notice Proposals, votes, quorum, queue and execution are OpenZeppelin's IGovernor, so that any front end for such
/// governors reads them. Votes are HOLD's own, wallet, bonded and unbonding alike. Every setting has hard bounds that
/// no vote can pass (INV-GOV-2), and either side of an appealed dispute gets one proposal about it without a threshold.
interface IHoldGovernor {
    /// @notice Appeals at `disputes` come here without a threshold from now on, or not any more.
    event TribunalSet(address indexed disputes, bool accepted);

    /// @notice `party` had proposal `proposalId` made about appealed disputes of its own.
    event AppealProposed(
        uint256 indexed proposalId,
        address indexed disputes,
        address indexed party,
        Decision[] decisions
    );

    /// @notice A setting would leave its bounds.
    error GovernorSettingOutOfBounds(string name, uint256 value, uint256 least, uint256 most);

    /// @notice The timelock is what it is for good: it owns everything.
    error GovernorTimelockFixed();

    /// @notice Appeals of these disputes are not heard here.
    error GovernorUnknownTribunal(address disputes);

    /// @notice No appeal was named.
    error GovernorNoAppeal();

    /// @notice The claim that was filed at `filedAt` is not under appeal, or not any more.
    error GovernorNotAppealed(DisputeId disputeId, uint256 filedAt);

    /// @notice An appeal is decided by an outcome.
    error GovernorNoOutcome(DisputeId disputeId);

    /// @notice Only the two sides of a dispute propose without a threshold.
    error GovernorNotParty(DisputeId disputeId, address caller);

    /// @notice The caller had its proposal about this appeal.
    error GovernorAppealProposed(DisputeId disputeId, address caller);

    /// @notice The appeal is decided by the authority that the dispute was filed under, which is not this governor's
    /// timelock.
    error GovernorNotAuthority(DisputeId disputeId, address authority, address timelock);

    /// @notice Proposes to decide appealed disputes that the caller is a side of, whatever votes it has. Each side can
    /// propose so once for each appeal, whoever appealed, and one proposal can name several. It then goes the way of
    /// every proposal. That takes at most 15 days and a second where somebody queues and executes it at once, whatever
    /// the settings are within their bounds; the appeal waits for 21 days.
    /// @param disputes contract of disputes that accepted the appeals.
    /// @param decisions the outcomes that the caller asks for.
    /// @param reasons beginning of the description; a line that names the caller as the proposer follows it.
    function proposeAppeal(
        address disputes,
        Decision[] calldata decisions,
        string calldata reasons
    ) external returns (uint256 proposalId);

    /// @notice Has appeals of another contract of disputes heard here, or not any more. For proposals.
    function setTribunal(address disputes, bool accepted) external;

    /// @notice Whether appeals of `disputes` are heard here.
    function isTribunal(address disputes) external view returns (bool);
}
