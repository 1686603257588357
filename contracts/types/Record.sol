// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

struct Record {
    uint40 served;
    uint24 noShows;
    uint48 liveSeconds;
    uint48 darkSeconds;
    uint96 slashed;
}
