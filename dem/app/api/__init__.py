"""The HTTP API over a service: one router a resource, every refusal a status code and a reason.

| status | when |
| --- | --- |
| 400 | the body is no text |
| 401 | no key, or an unknown one |
| 403 | the key's owner may not do this, or not for this home |
| 404 | there is no such thing |
| 409 | not as things are now, or a contract refuses; its error is named |
| 422 | a field is missing or wrong; it is named |
| 429 | too many requests; ``Retry-After`` says when to come back |
"""

import math

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

import dem
from dem.app.api import certificates, commitments, contracts, events, forecasts, grid, homes, market, orders, settlement
from dem.app.api.door import Refusal
from dem.app.desks.errors import ConflictError, NotFoundError
from dem.app.limits import TooManyRequestsError
from dem.app.security import ForbiddenError, UnknownKeyError
from dem.app.service import Service
from dem.chain import ChainError
from dem.grid import GridError

STATUS = {
    UnknownKeyError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    ChainError: 409,
    GridError: 409,
    TooManyRequestsError: 429,
}
RESOURCES = (contracts, homes, commitments, orders, market, settlement, grid, forecasts, certificates, events)


def build(service: Service) -> FastAPI:
    """The API over an open service; it describes itself at ``/openapi.json``."""
    api = FastAPI(
        title="dem",
        version=dem.__version__,
        description="Homes, a market, its contracts, a feeder and the plant that runs them.",
        # The pages of Swagger and Redoc load their code from elsewhere; the document itself is at /openapi.json.
        docs_url=None,
        redoc_url=None,
        responses={400: {"model": Refusal}},
    )
    api.state.service = service
    for resource in RESOURCES:
        api.include_router(resource.router)
    for error, status in STATUS.items():
        api.add_exception_handler(error, _answer_with(status))
    api.add_exception_handler(405, _not_this_method)
    return api


def _answer_with(status: int):  # noqa: ANN202 – starlette's type of a handler has no name
    def answer(_: Request, error: Exception) -> JSONResponse:
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        if isinstance(error, TooManyRequestsError):
            headers["Retry-After"] = str(math.ceil(error.retry_after_s))
        return JSONResponse({"detail": str(error)}, status, headers)

    return answer


def _not_this_method(request: Request, _: Exception) -> JSONResponse:
    """Names the methods of all routes of a path; Starlette's own answer names those of the first."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    routes = [route for resource in RESOURCES for route in resource.router.routes if route.path_regex.match(path)]
    allowed = sorted({method for route in routes for method in route.methods})
    return JSONResponse({"detail": f"not {request.method} here"}, 405, {"Allow": ", ".join(allowed)})
