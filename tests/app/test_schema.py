"""What the OpenAPI document promises holds for whatever is sent: no crash, no undocumented answer."""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import ignored_auth

from dem.app import api

EXAMPLES = int(os.environ.get("DEM_APP_EXAMPLES", "3"))
# The stream of events ends after minutes; tests/app/test_api.py listens to it.
schema = schemathesis.pytest.from_fixture("document").exclude(path="/events/stream")


@pytest.fixture(scope="module")
def document(service, operator, homes):
    """The deployed laboratory, called by its operator."""
    loaded = schemathesis.openapi.from_asgi("/openapi.json", api.build(service))
    loaded.config.update(headers={"X-API-Key": operator.key})
    return loaded


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_route__whatever_is_sent__answers_as_documented(case, operator):
    # Without a key is the business of tests/app/test_access.py.
    case.call_and_validate(headers={"X-API-Key": operator.key}, excluded_checks=[ignored_auth])
