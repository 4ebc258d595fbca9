"""A connection to a chain: accounts, time, transactions.

The default is Ape's test chain inside this process: exact gas, nothing to start, nothing left behind. It is not
thread-safe; share a connection between threads only behind a lock.
"""

import contextlib
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from dem.chain import errors, generated, project
from dem.chain.errors import ChainError

CHAIN_VARIABLE = "CHAIN"
LOCAL_CHAINS = {"test": "ethereum:local:test", "anvil": "ethereum:local:foundry"}
# Local chains start here, later than any clock that runs them, so that two runs see the same times: 2100-01-01 UTC.
GENESIS_TIME = 4_102_444_800

Item = TypeVar("Item")


@dataclass(frozen=True)
class Event:
    """Something that a contract reported: the event's name and its values by field."""

    name: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Receipt:
    """What a transaction did.

    Attributes:
        operation: the contract's function, or ``"deploy <contract>"``.
        gas_used: gas, the transaction's base cost of 21,000 included.
        block: number of its block.
        transaction: its hash.
        events: what the project's contracts reported, in order.
    """

    operation: str
    gas_used: int
    block: int
    transaction: str
    events: tuple[Event, ...]

    def value(self, event: str, field: str) -> Any:
        """The value of ``field`` in the first ``event`` of this transaction.

        Raises:
            KeyError: the transaction reported no such event or field.
        """
        for reported in self.events:
            if reported.name == event:
                return reported.values[field]
        raise KeyError(f"{self.operation} reported no {event}")


class Connection:
    """An open connection, made by `connect`.

    Attributes:
        watchers: called with the receipt of every transaction.
    """

    def __init__(self, ape: ModuleType) -> None:
        self.watchers: list[Callable[[Receipt], object]] = []
        self._ape = ape
        self._errors: dict[bytes, Any] = {}
        self._events: dict[tuple[bytes, int], Any] = {}

    @property
    def accounts(self) -> list[Any]:
        """The funded accounts of a local chain, 10,000 ether each; account 0 deploys by default."""
        return list(self._ape.accounts.test_accounts)

    def account(self, alias: str) -> Any:
        """An account of the user's own, by the alias it has in Ape (``ape accounts list``).

        Raises:
            ChainError: there is none of this name.
        """
        try:
            return self._ape.accounts.load(alias)
        except Exception as error:
            raise ChainError(f"no account {alias!r} in Ape: {error}") from error

    @property
    def now(self) -> int:
        """Timestamp of the latest block, in seconds since 1970."""
        return self._ape.chain.blocks.head.timestamp

    def balance(self, address: str) -> int:
        """Wei that an address holds."""
        return self._ape.chain.provider.get_balance(str(address))

    def has_code(self, address: str) -> bool:
        """Whether a contract stands at an address."""
        return self.code_size(address) > 0

    def code_size(self, address: str) -> int:
        """Bytes of the code at an address."""
        return len(self._ape.chain.provider.get_code(str(address)))

    def advance_to(self, timestamp: int) -> None:
        """Move a local chain's clock forward, so that the next block starts at ``timestamp`` or later.

        Raises:
            ValueError: the time has passed.
        """
        if timestamp <= self.now:
            raise ValueError(f"cannot advance to {timestamp}: the chain is at {self.now} already")
        self._ape.chain.pending_timestamp = timestamp
        self._ape.chain.mine(1)

    def contract(self, name: str, address: str | None = None) -> Any:
        """A contract's container, or its instance at ``address``; its errors and events are understood from now on.

        Raises:
            ChainError: ``address`` is none.
        """
        container = project.load_contract(name)
        from eth_utils import is_address, keccak

        if address is not None and not is_address(address):
            raise ChainError(f"{address!r} is no address of a contract: {name} needs 0x and 40 hexadecimal digits")
        self._errors |= {keccak(text=abi.selector)[:4]: abi for abi in container.contract_type.errors}
        # Tokens of ERC-20 and ERC-721 share the names of their events, and differ in which fields are indexed.
        self._events |= {(keccak(text=abi.selector), _indexed(abi)): abi for abi in container.contract_type.events}
        return container if address is None else self._instance(container, address)

    def deploy(self, name: str, *arguments: Any, sender: Any) -> tuple[Any, Receipt]:
        """Deploy a contract of the project.

        Returns:
            The contract's instance and the receipt.

        Raises:
            ContractError: its constructor refused.
        """
        receipt, address = self._deploy(name, self.contract(name), arguments, sender)
        return self.contract(name, address), receipt

    def deploy_generated(self, source: str, name: str, *, sender: Any) -> tuple[str, Receipt]:
        """Deploy a contract that another program wrote.

        Args:
            source: a Solidity file without imports.
            name: the contract in it; its constructor takes nothing.
            sender: the account that signs.

        Returns:
            Its address and the receipt.

        Raises:
            ChainError: it does not compile.
        """
        receipt, address = self._deploy(name, generated.compile_source(source, name), (), sender)
        return address, receipt

    def send(self, method: Any, *arguments: Any, sender: Any, value: int = 0) -> Receipt:
        """Send a transaction and wait for it.

        Args:
            method: a contract instance's function, as Ape offers it.
            arguments: what it takes.
            sender: the account that signs.
            value: wei sent along.

        Raises:
            ContractError: a contract refused; names its error and the arguments.
            ChainError: the transaction could not be sent, e.g. for want of money.
        """
        operation = method.abis[0].name
        with self._errors_of(operation):
            return self._receipt(operation, method(*arguments, sender=sender, value=value))

    def grant(self, contract: Any, roles: Iterable[str], account: Any, *, sender: Any) -> None:
        """Give an account roles of a contract with OpenZeppelin's AccessControl, by their names."""
        from eth_utils import keccak

        for role in roles:
            self.send(contract.grantRole, keccak(text=role), account, sender=sender)

    def read(self, method: Any, *arguments: Any) -> Any:
        """Call a view function.

        Raises:
            ContractError: the contract refused.
        """
        operation = method.abis[0].name
        with self._errors_of(operation):
            return method(*arguments, **self._reader)

    def snapshot(self) -> Any:
        """Remember the state of a local chain, for `restore`."""
        return self._ape.chain.snapshot()

    def restore(self, snapshot: Any) -> None:
        """Return a local chain to a remembered state."""
        self._ape.chain.restore(snapshot)

    def _instance(self, container: Any, address: str) -> Any:
        """The contract at an address, with no other contract's functions.

        Ape's own ``container.at`` adds the functions of whatever stood at this address earlier in the process, and a
        fresh local chain gives out the same addresses again.
        """
        from ape.contracts import ContractInstance
        from ape.types import AddressType

        return ContractInstance(self._ape.convert(address, AddressType), container.contract_type)

    def _deploy(self, name: str, container: Any, arguments: tuple, sender: Any) -> tuple[Receipt, str]:
        operation = f"deploy {name}"
        with self._errors_of(operation):
            receipt = sender.call(container(*arguments, sender=sender))
        return self._receipt(operation, receipt), receipt.contract_address

    def _receipt(self, operation: str, receipt: Any) -> Receipt:
        events = tuple(event for log in receipt.logs for event in self._decoded(log))
        told = Receipt(operation, receipt.gas_used, receipt.block_number, receipt.txn_hash, events)
        for watcher in self.watchers:
            watcher(told)
        return told

    def _decoded(self, log: Any) -> Iterator[Event]:
        from eth_utils import to_bytes

        selector, *fields = log["topics"]
        selector = selector if isinstance(selector, bytes) else to_bytes(hexstr=selector)
        if abi := self._events.get((bytes(selector), len(fields))):
            ecosystem = self._ape.chain.provider.network.ecosystem
            yield from (
                Event(told.event_name, dict(told.event_arguments)) for told in ecosystem.decode_logs([log], abi)
            )

    @contextlib.contextmanager
    def _errors_of(self, operation: str) -> Iterator[None]:
        from ape.exceptions import ApeException
        from eth_abi.exceptions import EncodingError
        from rlp.exceptions import SerializationError

        try:
            yield
        except ApeException as error:
            raise errors.translate(operation, error, self._errors, self._decoder()) from error
        except (EncodingError, SerializationError) as error:
            # A number that no transaction can carry, such as a negative amount of energy or money.
            raise ChainError(f"{operation} failed: {error}") from error

    @functools.cached_property
    def _reader(self) -> dict[str, Any]:
        """Who calls views on a local chain; without it web3 lists all accounts three times to find the first."""
        return {"sender": self.accounts[0].address} if self._ape.chain.provider.network.is_local else {}

    def _decoder(self) -> Callable[[Any, bytes], dict[str, Any]]:
        return self._ape.chain.provider.network.ecosystem.decode_calldata


def _indexed(abi: Any) -> int:
    return sum(field.indexed for field in abi.inputs)


def batches(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """``items`` in turn, ``size`` to a transaction; none where there are none."""
    return [items[start : start + size] for start in range(0, len(items), size)]


@contextlib.contextmanager
def connect(network: str | None = None) -> Iterator[Connection]:
    """Connect to a chain; leaving the ``with`` block closes it.

    Args:
        network: ``"test"`` (in this process), ``"anvil"`` (Foundry's node, started here and stopped at the end) or
            any of Ape's network choices such as ``"ethereum:sepolia:node"``. Default: the environment variable
            ``CHAIN``, else ``"test"``.

    Raises:
        ChainError: the network is unknown or does not answer, or is a local chain that is open in this process already.
    """
    choice = network or os.environ.get(CHAIN_VARIABLE) or "test"
    ape = project.load_ape()
    if ape.networks.connected and ape.networks.active_provider.network_choice == LOCAL_CHAINS.get(choice):
        raise ChainError(f"the chain {choice!r} is open in this process already: pass that connection on, or close it")
    with contextlib.ExitStack() as stack:
        stack.enter_context(project.quiet())
        stack.enter_context(project.displays_kept())
        stack.enter_context(project.unreplayed())
        try:
            stack.enter_context(
                ape.networks.parse_network_choice(LOCAL_CHAINS.get(choice, choice), disconnect_after=True)
            )
        except Exception as error:
            raise ChainError(_why_not(choice, error)) from error
        connection = Connection(ape)
        if choice in LOCAL_CHAINS:
            connection.advance_to(GENESIS_TIME)
        yield connection


def _why_not(choice: str, error: Exception) -> str:
    if choice == "anvil":
        return f"anvil did not start: {error}. `make setup` brings it on Linux; elsewhere install Foundry."
    return (
        f"cannot connect to {choice!r}: {error}. Known here: {', '.join(LOCAL_CHAINS)}, and Ape's own choices "
        "such as ethereum:sepolia:node (`ape networks list`)."
    )
