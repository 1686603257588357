// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {ICouncil} from "../interfaces/ICouncil.sol";

/// @title Council
/// @notice The manual is ICouncil.
/// @dev A member's history is 1 from the second it was seated in, 0 from the second it was unseated in. Only what it is
/// at the end of a second is kept: a second moves at most one checkpoint.
contract Council is ICouncil, AccessManaged {
    using Checkpoints for Checkpoints.Trace208;

    /// @inheritdoc ICouncil
    uint256 public constant MAX_SEATS = 99;

    Checkpoints.Trace208 private _seats;
    mapping(address member => Checkpoints.Trace208 history) private _histories;

    /// @notice Founds a council without members.
    /// @param authority AccessManager that gates `seat` and `unseat`, and nothing else.
    constructor(address authority) AccessManaged(authority) {}

    // ----------------------------------------------------------------------------------------------- governance

    /// @inheritdoc ICouncil
    function seat(address member) external restricted {
        if (member == address(0)) revert CouncilZeroMember();
        if (seatedSince(member) != 0) revert CouncilAlreadySeated(member);
        uint256 taken = seats();
        if (taken == MAX_SEATS) revert CouncilFull(taken);
        _record(member, 1, taken + 1);
        emit Seated(member, taken + 1);
    }

    /// @inheritdoc ICouncil
    function unseat(address member) external restricted {
        if (seatedSince(member) == 0) revert CouncilNotSeated(member);
        uint256 left = seats() - 1;
        _record(member, 0, left);
        emit Unseated(member, left);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICouncil
    function eligibleAt(uint48 instant, address[] calldata parties) external view returns (uint256 eligible) {
        if (instant >= block.timestamp) revert CouncilSecondNotOver(instant, block.timestamp);
        eligible = _seats.upperLookupRecent(instant);
        for (uint256 i = 0; i < parties.length; ++i) {
            if (!_repeats(parties, i)) eligible -= _histories[parties[i]].upperLookupRecent(instant);
        }
    }

    /// @inheritdoc ICouncil
    function seats() public view returns (uint256) {
        return _seats.latest();
    }

    /// @inheritdoc ICouncil
    function seatedSince(address member) public view returns (uint48) {
        (, uint48 instant, uint208 seated) = _histories[member].latestCheckpoint();
        return seated == 1 ? instant : 0;
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _record(address member, uint208 seated, uint256 taken) private {
        uint48 instant = uint48(block.timestamp);
        _histories[member].push(instant, seated);
        _seats.push(instant, uint208(taken)); // at most 99
    }

    /// @dev Whether the party at `index` stands in the list before, too.
    function _repeats(address[] calldata parties, uint256 index) private pure returns (bool) {
        for (uint256 i = 0; i < index; ++i) {
            if (parties[i] == parties[index]) return true;
        }
        return false;
    }
}
