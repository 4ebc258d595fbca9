"""Whoever is at the page: asks the service with the key in the box, and is told why not where it refuses."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import gradio as gr
import pandas as pd
from pydantic import BaseModel, ValidationError

from dem.app.desks.errors import ConflictError, NotFoundError
from dem.app.limits import TooManyRequestsError
from dem.app.security import ForbiddenError, UnknownKeyError
from dem.app.service import Desks, Service
from dem.chain import ChainError
from dem.grid import GridError

Answer = TypeVar("Answer")
Model = TypeVar("Model", bound=BaseModel)
REFUSALS = (UnknownKeyError, ForbiddenError, NotFoundError, ConflictError, TooManyRequestsError, ChainError, GridError)


class Visitor:
    """Asks the service on behalf of whoever holds a key."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def desks(self) -> Desks:
        """What can be asked."""
        return self._service.desks

    def ask(self, key: str, action: Callable[..., Answer], *arguments: Any) -> Answer:
        """Do something at a desk.

        Raises:
            gr.Error: the refusal, which the page shows.
        """
        try:
            return self._service.do(action, self._service.caller(key.strip()), *arguments)
        except REFUSALS as error:
            raise gr.Error(str(error), print_exception=False) from error

    def table(self, key: str, model: type[BaseModel], action: Callable[..., Sequence[BaseModel]], *arguments: Any):  # noqa: ANN201
        """What a desk lists, as a table; empty for whoever may not see it or has no key yet."""
        try:
            return table(model, self.ask(key, action, *arguments))
        except gr.Error:
            return table(model, [])


def table(model: type[BaseModel], rows: Sequence[BaseModel]) -> pd.DataFrame:
    """Rows of one model; its fields are the columns."""
    columns = list(model.model_fields)
    return pd.DataFrame([[getattr(row, name) for name in columns] for row in rows], columns=columns)


def given(model: type[Model], **fields: Any) -> Model:
    """What was put into a form.

    Raises:
        gr.Error: names the field that is wrong.
    """
    try:
        return model(**fields)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, line['loc'])) or model.__name__}: {line['msg']}" for line in error.errors())
        raise gr.Error("; ".join(wrong), print_exception=False) from error
