"""Static analysis: Slither finds nothing of high or medium impact in the project's own contracts.

Slither is driven through its Python interface with standard JSON, which is what both the native compiler and the one
from npm understand.
"""

import logging

import pytest
import yaml
from crytic_compile import CryticCompile
from crytic_compile.platform.solc_standard_json import SolcStandardJson
from slither import Slither
from slither.detectors import all_detectors
from slither.detectors.abstract_detector import AbstractDetector, DetectorClassification

from dem import paths
from dem.chain import project

IMPACTS = (DetectorClassification.HIGH, DetectorClassification.MEDIUM)
# What Slither reports and is right as it is: (detector, part of its description) and why.
EXCEPTIONS: dict[tuple[str, str], str] = {}


def standard_json() -> dict:
    """The compiler's input for every contract, with the settings of ape-config.yaml."""
    settings = yaml.safe_load((paths.ROOT / "ape-config.yaml").read_text())["solidity"]
    sources = sorted((paths.ROOT / "contracts").rglob("*.sol"))
    return {
        "sources": {str(path.relative_to(paths.ROOT)): {"content": path.read_text()} for path in sources},
        "settings": {
            "remappings": settings["import_remapping"],
            "evmVersion": settings["evm_version"],
            "optimizer": {"enabled": True, "runs": 200},
        },
    }


def own(finding: dict) -> bool:
    """Whether a finding is about the project's contracts: not a library's, nor a mock that only tests use."""
    first = finding["elements"][0]["source_mapping"]["filename_relative"] if finding["elements"] else ""
    return not first.startswith(("node_modules", "contracts/mocks"))


def detectors() -> list[type[AbstractDetector]]:
    found = [value for value in vars(all_detectors).values() if isinstance(value, type)]
    return [each for each in found if issubclass(each, AbstractDetector) and each.IMPACT in IMPACTS]


class Complaints(logging.Handler):
    """Collects what Slither logs as errors while it reads the contracts, instead of failing."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


@pytest.fixture(scope="module")
def analysis() -> tuple[Slither, list[str]]:
    """Slither with the contracts read, and its complaints."""
    compiled = CryticCompile(
        SolcStandardJson(standard_json()),
        solc=str(project.SOLC_FOLDER / f"solc-v{project.SOLC_VERSION}"),
        solc_working_dir=str(paths.ROOT),
        solc_disable_warnings=True,
    )
    complaints = Complaints()
    logging.getLogger("ContractSolcParsing").addHandler(complaints)
    return Slither(compiled), complaints.messages


@pytest.fixture(scope="module")
def findings(analysis) -> list[dict]:
    slither, _ = analysis
    for detector in detectors():
        slither.register_detector(detector)
    return [finding for result in slither.run_detectors() for finding in result or [] if own(finding)]


def excepted(finding: dict) -> bool:
    return any(finding["check"] == check and part in finding["description"] for check, part in EXCEPTIONS)


def test_contracts__high_and_medium_detectors__find_nothing_unexplained(findings):
    unexplained = [f"{finding['check']}: {finding['description']}" for finding in findings if not excepted(finding)]
    assert not unexplained, "\n".join(unexplained)


def test_exceptions__each__is_still_needed(findings):
    stale = [
        key
        for key in EXCEPTIONS
        if not any(finding["check"] == key[0] and key[1] in finding["description"] for finding in findings)
    ]
    assert not stale, f"Slither no longer reports {stale}: remove the exception"


def test_contracts__every_function__is_followed(analysis):
    """Where Slither cannot follow a function, its silence about it would mean nothing."""
    _, complaints = analysis
    assert not complaints
