"""Whoever is at the page: asks the service with the key in the box, and is told why not where it refuses."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import gradio as gr
import pandas as pd
from gradio.components import Component
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
UNITS = {"_eur_per_mwh": "EUR/MWh", "_eur_per_kwh": "EUR/kWh", "_eur": "EUR", "_kwh": "kWh", "_wh": "Wh", "_kg": "kg"}
DIGITS = 4


class Who(NamedTuple):
    """The boxes on top of the page that all tabs read."""

    key: gr.Textbox
    home: gr.Textbox

    def look(self, tab: gr.Tab, show: Callable[..., Any], inputs: list[Component], outputs: list[Component]) -> None:
        """Show a tab anew whenever it opens or a box on top that it reads changes: a link may fill them in late."""
        read = [box.change for box in self if any(box is one for one in inputs)]
        for event in (tab.select, *read):
            event(show, inputs, outputs)


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

    def look(self, key: str, action: Callable[..., Answer], *arguments: Any) -> Answer | None:
        """What a desk shows; nothing to whoever may not see it or has no key yet."""
        try:
            return self.ask(key, action, *arguments)
        except gr.Error:
            return None

    def table(
        self, key: str, model: type[BaseModel], action: Callable[..., Sequence[BaseModel]], *arguments: Any
    ) -> pd.DataFrame:
        """What a desk lists, as a table; empty for whoever may not see it or has no key yet."""
        return table(model, self.look(key, action, *arguments) or [])

    def home_of(self, key: str) -> str:
        """The home that a key is of; none for the operator's and for a wrong one."""
        try:
            return self._service.caller(key.strip()).home
        except (UnknownKeyError, TooManyRequestsError):
            return ""


def table(model: type[BaseModel], rows: Sequence[BaseModel]) -> pd.DataFrame:
    """Rows of one model for reading; its fields are the columns."""
    names = list(model.model_fields)
    values = [[_readable(getattr(row, name)) for name in names] for row in rows]
    return pd.DataFrame(values, columns=[heading(name) for name in names])


def heading(field: str) -> str:
    """A field's name with its unit apart: ``energy_wh`` is ``energy, Wh``."""
    ending = next((ending for ending in UNITS if field.endswith(ending)), "")
    return field.removesuffix(ending).replace("_", " ") + (f", {UNITS[ending]}" if ending else "")


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


def _readable(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return round(value, DIGITS) if isinstance(value, float) else value
