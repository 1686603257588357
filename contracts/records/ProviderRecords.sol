// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IProviderRecords} from "../interfaces/IProviderRecords.sol";

/// @title ProviderRecords
/// @notice The manual is IProviderRecords.
contract ProviderRecords is IProviderRecords {
    mapping(address module => mapping(address provider => Record record)) private _records;

    /// @inheritdoc IProviderRecords
    function add(address provider, Record calldata delta) external {
        Record memory record = _records[msg.sender][provider];
        // Cut to what the fields hold.
        _records[msg.sender][provider] = Record({
            served: uint40(_sumUpTo(type(uint40).max, record.served, delta.served)),
            noShows: uint24(_sumUpTo(type(uint24).max, record.noShows, delta.noShows)),
            liveSeconds: uint48(_sumUpTo(type(uint48).max, record.liveSeconds, delta.liveSeconds)),
            darkSeconds: uint48(_sumUpTo(type(uint48).max, record.darkSeconds, delta.darkSeconds)),
            slashed: uint96(_sumUpTo(type(uint96).max, record.slashed, delta.slashed))
        });
        emit RecordAdded(msg.sender, provider, delta);
    }

    /// @inheritdoc IProviderRecords
    function recordOf(address module, address provider) external view returns (Record memory) {
        return _records[module][provider];
    }

    function _sumUpTo(uint256 most, uint256 a, uint256 b) private pure returns (uint256) {
        // Fields have at most 96 bits, so sums stay far below 2^256.
        unchecked {
            uint256 sum = a + b;
            return sum < most ? sum : most;
        }
    }
}
