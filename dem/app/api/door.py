"""What every route needs: the service and the caller, and how refusals are documented."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from dem.app.models import HomeName
from dem.app.security import Caller
from dem.app.service import Service

_header = APIKeyHeader(name="X-API-Key", auto_error=False)
_bearer = HTTPBearer(auto_error=False)


class Refusal(BaseModel):
    """Why not."""

    detail: str


def _service(request: Request) -> Service:
    return request.app.state.service


def _caller(
    service: Annotated[Service, Depends(_service)],
    header: Annotated[str | None, Security(_header)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Caller:
    return service.caller(header or (bearer.credentials if bearer else ""))


Door = Annotated[Service, Depends(_service)]
Who = Annotated[Caller, Depends(_caller)]
Name = Annotated[HomeName, Path()]
Count = Annotated[int, Path(ge=1, le=2**31 - 1)]


def refusals(*more: int) -> dict[int | str, dict[str, Any]]:
    """The refusals that a route documents, beside those of fields."""
    return {status: {"model": Refusal} for status in (401, 429, *more)}


OWN_HOME = refusals(403, 404, 409)
OPERATOR = refusals(403, 409)
ANYONE = refusals(409)
