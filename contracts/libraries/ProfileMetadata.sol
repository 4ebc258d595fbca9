// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {EnergyType, Profile} from "./EnergyTypes.sol";

/// @title What a profile shows to wallets, and the alphabet of its location.
library ProfileMetadata {
    using Strings for uint256;

    /// @dev Bit c is set for each character code c of the geohash alphabet: 0–9 and b–z without i, l and o.
    uint256 private constant GEOHASH_ALPHABET = 0x07ff6dfc0000000003ff000000000000;

    /// @notice Whether a location is a geohash of six characters. Nothing else gets into the JSON below, so there is
    /// nothing to escape.
    /// @param location What was given.
    /// @return True where every character is of the alphabet.
    function isGeohash(bytes6 location) internal pure returns (bool) {
        uint256 characters = uint48(location);
        for (uint256 i = 0; i < 6; ++i) {
            if ((GEOHASH_ALPHABET >> (characters & 0xff)) & 1 == 0) return false;
            characters >>= 8;
        }
        return true;
    }

    /// @notice The token's metadata as a data URI.
    /// @param profileId The profile.
    /// @param profile What it holds.
    /// @return JSON in Base64, by the ERC-721 metadata schema.
    function tokenURI(uint256 profileId, Profile memory profile) internal pure returns (string memory) {
        bytes memory json = abi.encodePacked(
            '{"name":"Energy profile #',
            profileId.toString(),
            '","description":"A home in a decentralized energy market.","attributes":[',
            attributes(profile),
            "]}"
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    /// @dev The home as a list of traits.
    function attributes(Profile memory profile) private pure returns (bytes memory) {
        return abi.encodePacked(
            trait("location", string(abi.encodePacked('"', profile.location, '"'))),
            ",",
            trait("energy type", string.concat('"', nameOf(profile.energyType), '"')),
            ",",
            trait("collateral (wei)", profile.collateral.toString()),
            ",",
            trait("reserved (wei)", profile.reserved.toString()),
            ",",
            trait("commitments", profile.commitmentCount.toString()),
            ",",
            trait("locked", profile.active == 0 ? "false" : "true")
        );
    }

    /// @dev One trait in the ERC-721 metadata schema; `value` is JSON already.
    function trait(string memory name, string memory value) private pure returns (string memory) {
        return string.concat('{"trait_type":"', name, '","value":', value, "}");
    }

    /// @dev The name of an energy type.
    function nameOf(EnergyType energyType) private pure returns (string memory) {
        if (energyType == EnergyType.Solar) return "solar";
        if (energyType == EnergyType.Wind) return "wind";
        if (energyType == EnergyType.Hydro) return "hydro";
        if (energyType == EnergyType.Biomass) return "biomass";
        if (energyType == EnergyType.Storage) return "storage";
        return "none";
    }
}
