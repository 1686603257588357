// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorStorage} from "@openzeppelin/contracts/governance/extensions/GovernorStorage.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";
import {IHoldGovernor} from "../interfaces/IHoldGovernor.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Decision, DisputePhase, Outcome} from "../types/DisputeTypes.sol";
import {DisputeId} from "../types/Ids.sol";
import {BoundedGovernor} from "./BoundedGovernor.sol";

/// @title HoldGovernor
/// @notice OpenZeppelin's Governor over the votes of HOLD, with bounds, votes by signature of any account, and appeals;
/// the manual of what it adds is IHoldGovernor.
contract HoldGovernor is BoundedGovernor, GovernorCountingSimple, GovernorStorage, GovernorTimelockControl {
    uint256 private constant _LIFE = 14 days;

    mapping(address disputes => bool accepted) private _tribunals;
    /// @dev The latest claim that a party had its proposal about, by the second of filing.
    mapping(address disputes => mapping(DisputeId disputeId => mapping(address party => uint40 filedAt)))
        private _proposed;

    /// @notice Wires the governor to HOLD, its timelock and the first tribunal.
    constructor(
        IVotes hold,
        TimelockController timelock_,
        address disputes,
        Settings memory settings
    ) Governor("Leasehold") GovernorVotes(hold) BoundedGovernor(settings) GovernorTimelockControl(timelock_) {
        _setTribunal(disputes, true);
    }

    // ------------------------------------------------------------------------------------------------ both sides

    /// @inheritdoc IHoldGovernor
    function proposeAppeal(
        address disputes,
        Decision[] calldata decisions,
        string calldata reasons
    ) external returns (uint256 proposalId) {
        // Check and effect, one by one: an appeal that is named twice is refused.
        if (!_tribunals[disputes]) revert GovernorUnknownTribunal(disputes);
        if (decisions.length == 0) revert GovernorNoAppeal();
        for (uint256 i = 0; i < decisions.length; ++i) _useProposal(disputes, decisions[i]);

        // The suffix keeps whoever sees this first from proposing the same, and withdrawing it.
        string memory description = string.concat(reasons, "\n#proposer=", Strings.toHexString(msg.sender));
        address[] memory targets = new address[](1);
        bytes[] memory calls = new bytes[](1);
        (targets[0], calls[0]) = (disputes, abi.encodeCall(IDisputes.decide, (decisions)));
        proposalId = _propose(targets, new uint256[](1), calls, description, msg.sender);
        emit AppealProposed(proposalId, disputes, msg.sender, decisions);
    }

    // ------------------------------------------------------------------------------------------------- proposals

    /// @inheritdoc IHoldGovernor
    function setTribunal(address disputes, bool accepted) external onlyGovernance {
        _setTribunal(disputes, accepted);
    }

    /// @notice Refuses: the timelock owns everything, so another one would own nothing.
    function updateTimelock(TimelockController) public pure override {
        revert GovernorTimelockFixed();
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IHoldGovernor
    function isTribunal(address disputes) external view returns (bool) {
        return _tribunals[disputes];
    }

    /// @notice Votes, in wei of HOLD, that proposing takes.
    function proposalThreshold() public view override(Governor, BoundedGovernor) returns (uint256) {
        return super.proposalThreshold();
    }

    /// @notice When voting on a proposal ends; later where the quorum comes late.
    function proposalDeadline(uint256 proposalId) public view override(Governor, BoundedGovernor) returns (uint256) {
        return super.proposalDeadline(proposalId);
    }

    /// @notice Votes for and abstaining, in wei of HOLD, that a proposal with its snapshot at `timepoint` needs.
    function quorum(uint256 timepoint) public view override(Governor, BoundedGovernor) returns (uint256) {
        return super.quorum(timepoint);
    }

    /// @notice Where a proposal stands. What nobody queues within 14 days of its vote, or executes within 14 days of
    /// the timelock's delay, expires: holders voted for it as things were then.
    function state(
        uint256 proposalId
    ) public view override(Governor, GovernorTimelockControl) returns (ProposalState current) {
        current = super.state(proposalId);
        bool late =
            (current == ProposalState.Succeeded && _isPast(proposalDeadline(proposalId))) ||
                (current == ProposalState.Queued && _isPast(proposalEta(proposalId)));
        if (late) return ProposalState.Expired;
    }

    /// @notice Every proposal is queued.
    function proposalNeedsQueuing(
        uint256 proposalId
    ) public view override(Governor, GovernorTimelockControl) returns (bool) {
        return super.proposalNeedsQueuing(proposalId);
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override(Governor, GovernorStorage) returns (uint256) {
        return super._propose(targets, values, calldatas, description, proposer);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, BoundedGovernor) {
        super._tallyUpdated(proposalId);
    }

    /// @dev An account with delegated code (EIP-7702) signs either way, so ECDSA is tried first. OpenZeppelin's own
    /// check asks for code instead.
    function _validateVoteSig(
        uint256 proposalId,
        uint8 support,
        address voter,
        bytes memory signature
    ) internal override returns (bool) {
        bytes32 ballot = keccak256(abi.encode(BALLOT_TYPEHASH, proposalId, support, voter, _useNonce(voter)));
        return Signatures.isValidNowMemory(voter, _hashTypedDataV4(ballot), signature);
    }

    /// @dev As above.
    function _validateExtendedVoteSig(
        uint256 proposalId,
        uint8 support,
        address voter,
        string memory reason,
        bytes memory params,
        bytes memory signature
    ) internal override returns (bool) {
        bytes32 ballot = keccak256(
            abi.encode(
                EXTENDED_BALLOT_TYPEHASH,
                proposalId,
                support,
                voter,
                _useNonce(voter),
                keccak256(bytes(reason)),
                keccak256(params)
            )
        );
        return Signatures.isValidNowMemory(voter, _hashTypedDataV4(ballot), signature);
    }

    function _isPast(uint256 second) private view returns (bool) {
        return block.timestamp >= second + _LIFE;
    }

    function _setTribunal(address disputes, bool accepted) private {
        _tribunals[disputes] = accepted;
        emit TribunalSet(disputes, accepted);
    }

    /// @dev Demands that this very claim is under appeal, that our timelock decides it, and that the caller is one of
    /// its two sides and had no proposal about it yet. Either side may: who appeals first cannot keep the other from a
    /// vote (ATK-DSP-8).
    function _useProposal(address disputes, Decision calldata decision) private {
        DisputeId disputeId = decision.disputeId;
        IDisputes.DisputeView memory dispute = IDisputes(disputes).disputeView(disputeId);
        bool open = dispute.phase == DisputePhase.Appealed && block.timestamp < dispute.deadline;
        if (!open || dispute.filedAt != decision.filedAt) revert GovernorNotAppealed(disputeId, decision.filedAt);
        if (decision.outcome == Outcome.None) revert GovernorNoOutcome(disputeId);
        uint16 version = IDisputes(disputes).disputeById(disputeId).claim.rules;
        address authority = IDisputes(disputes).rulesOf(version).appealAuthority;
        if (authority != _executor()) revert GovernorNotAuthority(disputeId, authority, _executor());
        if (msg.sender != dispute.claimant && msg.sender != dispute.provider) {
            revert GovernorNotParty(disputeId, msg.sender);
        }

        mapping(address party => uint40 filedAt) storage proposed = _proposed[disputes][disputeId];
        if (proposed[msg.sender] == decision.filedAt) revert GovernorAppealProposed(disputeId, msg.sender);
        proposed[msg.sender] = decision.filedAt;
    }
}
