// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Terms, Weights} from "../types/Parameters.sol";
import {LeaseBook} from "./LeaseBook.sol";
import {LeaseEnd} from "./LeaseEnd.sol";
import {LeaseOpening} from "./LeaseOpening.sol";
import {LeaseStart} from "./LeaseStart.sol";
import {MarketParameters} from "./MarketParameters.sol";

/// @title Market
/// @notice The whole of IMarket, from its parts: parameters, offers, the book of leases, and the three chapters of a
/// lease's life. Holds no token and no bond; the vaults do.
contract Market is LeaseOpening, LeaseStart, LeaseEnd {
    /// @notice Wires the market to its vaults and publishes version 1 of its parameters.
    /// @param authority AccessManager that gates the governed parameters, and nothing else.
    /// @param escrow vault of payment tokens.
    /// @param staking vault of bonds.
    /// @param liveness heartbeat clocks.
    /// @param outageAllowance seconds, at most a day; see `OUTAGE_ALLOWANCE`.
    /// @param terms version 1 of the terms.
    /// @param weights version 1 of the collateral weights.
    constructor(
        address authority,
        address escrow,
        address staking,
        address liveness,
        uint32 outageAllowance,
        Terms memory terms,
        Weights memory weights
    ) MarketParameters(authority, terms, weights) LeaseBook(escrow, staking, liveness, outageAllowance) {}
}
