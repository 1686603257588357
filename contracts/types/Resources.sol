// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What one unit of an offer consists of, or what a tenant requires of one unit, in one word. From the low end:
///
///     bits 0-31     thousandths of a virtual CPU
///     bits 32-63    memory, MiB
///     bits 64-95    disk, GiB
///     bits 96-127   bandwidth, Mbit/s
///     bits 128-143  GPU class: the model; its two highest bits are its collateral tier
///     bits 144-151  number of GPUs
///     bits 152-167  region; in an offer 0 means undisclosed, in a requirement any
///     bits 168-199  attribute flags; those that a requirement sets must be set in the offer
///     bits 200-255  nothing, ignored
type Resources is uint256;

using {meets, gpuTier, gpuCount, region} for Resources global;

/// @notice Whether a unit of `offered` has everything that is `required` of it.
function meets(Resources offered, Resources required) pure returns (bool) {
    uint256 have = Resources.unwrap(offered);
    uint256 need = Resources.unwrap(required);
    // The four quantities are compared lane by lane; each lane keeps its lower 32 bits on purpose.
    if (uint32(have) < uint32(need)) return false;
    if (uint32(have >> 32) < uint32(need >> 32)) return false;
    if (uint32(have >> 64) < uint32(need >> 64)) return false;
    if (uint32(have >> 96) < uint32(need >> 96)) return false;
    // A GPU is asked for by class and number together.
    if (gpuCount(required) != 0) {
        if (uint16(have >> 128) != uint16(need >> 128) || gpuCount(offered) < gpuCount(required)) return false;
    }
    if (uint16(need >> 152) != 0 && uint16(have >> 152) != uint16(need >> 152)) return false;
    uint32 attributes = uint32(need >> 168);
    return uint32(have >> 168) & attributes == attributes;
}

/// @notice Collateral tier of the GPU class, 0 to 3.
function gpuTier(Resources resources) pure returns (uint256) {
    return (Resources.unwrap(resources) >> 142) & 3;
}

/// @notice Number of GPUs.
function gpuCount(Resources resources) pure returns (uint8) {
    return uint8(Resources.unwrap(resources) >> 144);
}

/// @notice Region; 0 in an offer: undisclosed.
function region(Resources resources) pure returns (uint16) {
    return uint16(Resources.unwrap(resources) >> 152);
}
