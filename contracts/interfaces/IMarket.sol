// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "./IEscrow.sol";
import {ILeaseClaims} from "./ILeaseClaims.sol";
import {ILeases} from "./ILeases.sol";
import {ILiveness} from "./ILiveness.sol";
import {IMarketHooks} from "./IMarketHooks.sol";
import {IMarketParameters} from "./IMarketParameters.sol";
import {IOffers} from "./IOffers.sol";
import {IProviderRecords} from "./IProviderRecords.sol";
import {IStaking} from "./IStaking.sol";

/// @title Market
/// @notice Offers and leases, over the vaults that hold the money and the bonds.
interface IMarket is IMarketParameters, IOffers, ILeases, ILeaseClaims, IMarketHooks {
    /// @notice The contracts around a market: below it the vaults, above it the two that act for those who signed.
    struct Around {
        address escrow;
        address staking;
        address liveness;
        address records;
        address orders;
        address quotes;
    }

    /// @notice Vault of payment tokens.
    function ESCROW() external view returns (IEscrow);

    /// @notice Vault of bonds.
    function STAKING() external view returns (IStaking);

    /// @notice Heartbeat clocks.
    function LIVENESS() external view returns (ILiveness);

    /// @notice Records of providers.
    function RECORDS() external view returns (IProviderRecords);
}
