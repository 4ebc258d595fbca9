// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The weights of a policy as a contract's code: written once, read for 3 gas a word, the same for ever.
/// @dev Nothing runs here: the code begins with STOP. Its hash (EXTCODEHASH) is the policy's name.
contract PolicyWeights {
    /// @param network What `IntegerNetwork` reads.
    constructor(bytes memory network) {
        bytes memory code = bytes.concat(hex"00", network);
        assembly ("memory-safe") {
            return(add(code, 32), mload(code))
        }
    }
}
