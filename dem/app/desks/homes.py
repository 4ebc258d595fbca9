"""Contracts and homes: deploy, register, pay in and out."""

from dem import units
from dem.app.desks.errors import ConflictError
from dem.app.desks.laboratory import Laboratory, Resident, eur
from dem.app.models import Contract, GasUse, Home, IssuedKey, NewHome, Terms
from dem.app.news import NewsLog
from dem.app.security import Caller, Keys


class HomesDesk:
    """Deploys the contracts, registers homes and gives them their keys."""

    def __init__(self, laboratory: Laboratory, keys: Keys, news: NewsLog) -> None:
        self._laboratory = laboratory
        self._keys = keys
        self._news = news

    def deploy(self, caller: Caller, terms: Terms) -> list[Contract]:
        """Deploy all contracts; keys of homes on an earlier chain end. The operator only."""
        caller.require_operator()
        self._laboratory.deploy(terms)
        self._keys.forget_homes()
        self._news.tell("contracts deployed")
        return self._laboratory.listed()

    def contracts(self, _: Caller) -> list[Contract]:
        """The contracts; none before they are deployed."""
        return self._laboratory.listed()

    def gas_used(self, _: Caller) -> list[GasUse]:
        """What each operation used."""
        return self._laboratory.gas_used()

    def register(self, caller: Caller, home: NewHome) -> IssuedKey:
        """Register a home and issue its key. The operator only."""
        caller.require_operator()
        self._laboratory.register(home.name, home.collateral_eur)
        self._news.tell("home registered", [home.name], home=home.name)
        return IssuedKey(home=home.name, key=self._keys.issue("home", home.name))

    def new_key(self, caller: Caller, home: str) -> IssuedKey:
        """Replace a home's key. The operator only."""
        caller.require_operator()
        return IssuedKey(home=self._laboratory.resident(home).name, key=self._keys.issue("home", home))

    def homes(self, caller: Caller) -> list[Home]:
        """The homes that the caller may see: all, or its own."""
        return [
            self._state(resident)
            for name, resident in self._laboratory.residents.items()
            if caller.role == "operator" or caller.home == name
        ]

    def home(self, caller: Caller, home: str) -> Home:
        """One home."""
        caller.require_home(home)
        return self._state(self._laboratory.resident(home))

    def add_collateral(self, caller: Caller, home: str, amount_eur: int) -> Home:
        """Pay collateral in."""
        caller.require_home(home)
        resident = self._laboratory.resident(home)
        resident.profile.add_collateral(amount_eur * units.WEI_PER_ETHER)
        return self._state(resident)

    def withdraw_collateral(self, caller: Caller, home: str, amount_eur: int) -> Home:
        """Pay free collateral out to the home's account."""
        caller.require_home(home)
        resident = self._laboratory.resident(home)
        resident.profile.withdraw(amount_eur * units.WEI_PER_ETHER)
        return self._state(resident)

    def withdraw_proceeds(self, caller: Caller, home: str) -> Home:
        """Pay out what the home's orders have to their credit.

        Raises:
            ConflictError: that is nothing.
        """
        caller.require_home(home)
        resident = self._laboratory.resident(home)
        orders = self._laboratory.credited(home)
        if not orders:
            raise ConflictError(f"the orders of home {home} have nothing to their credit")
        self._laboratory.contracts.auction.withdraw(resident.account, orders)
        return self._state(resident)

    def _state(self, resident: Resident) -> Home:
        laboratory, auction = self._laboratory, self._laboratory.contracts.auction
        return Home(
            name=resident.name,
            address=str(resident.account.address),
            profile=resident.profile.id,
            meter=resident.meter,
            wallet_eur=eur(laboratory.connection.balance(resident.account.address)),
            collateral_eur=eur(resident.profile.collateral),
            free_collateral_eur=eur(resident.profile.free_collateral),
            proceeds_eur=eur(sum(map(auction.proceeds, laboratory.credited(resident.name)))),
        )
