// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ProviderRecords: what became of a provider's leases, in figures that only grow
/// @notice One column per (module, provider). Whoever calls `add` is the module, and reaches its own column alone: a
/// figure is worth as much as the module that wrote it, so readers sum over the modules that they know. There is no
/// owner, and nothing resets or lowers a figure (INV-REC-1): where a provider moves on to another market, its old
/// column stays.
///
/// Recording stands on the paths by which leases end, so it never reverts: a figure that would pass its largest value
/// stays there.
interface IProviderRecords {
    /// @notice A provider's figures with one module, or what is to be added to them. One storage slot.
    struct Record {
        uint40 served; // leases that ran
        uint24 noShows; // leases that were not activated in time
        uint48 liveSeconds; // of the leases that ran, summed
        uint48 darkSeconds; // of the leases that ran, summed
        uint96 slashed; // wei of HOLD taken as penalties
    }

    /// @notice `module` added `delta` to its figures of `provider`, each up to its largest value.
    event RecordAdded(address indexed module, address indexed provider, Record delta);

    /// @notice Adds to the calling module's figures of `provider`. Anyone may call it, for a column of its own; it
    /// never reverts.
    function add(address provider, Record calldata delta) external;

    /// @notice The figures of `provider` that `module` wrote.
    function recordOf(address module, address provider) external view returns (Record memory);
}
