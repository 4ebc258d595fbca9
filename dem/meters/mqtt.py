"""Measurements that a device publishes to an MQTT broker, at least once each (quality of service 1).

The queue does the rest: a message that comes twice is not new to it, and one that comes late waits for its turn.
"""

import contextlib
import logging
import queue
from typing import Any, Self
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt

from dem.meters.sources import Measurement, parsed

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_AT_LEAST_ONCE = 1
_LONGEST_WAIT_S = 60
_log = logging.getLogger(__name__)


class MqttSource:
    """A topic whose messages are measurements, one a message, as JSON.

    The broker keeps what it cannot deliver, as the session has a name and outlives the connection. A message is
    acknowledged when the source is asked again, and so after the meter has written it to disk: a process that is killed
    in between gets it once more.

    Args:
        host: the broker.
        topic: what to subscribe to; wildcards are allowed.
        port: the broker's.
        tls: whether to speak TLS, with the system's certificates.
        username: with the broker, if it asks for one.
        password: the same.
        session: the name; no other client of the broker may have it.
    """

    def __init__(
        self,
        host: str,
        topic: str,
        *,
        port: int = _PORTS["mqtt"],
        tls: bool = False,
        username: str | None = None,
        password: str | None = None,
        session: str | None = None,
    ) -> None:
        self.place, self.topic = f"{host}:{port}, {topic}", topic
        self._arrived: queue.SimpleQueue[tuple[int, mqtt.MQTTMessage]] = queue.SimpleQueue()
        self._given: list[tuple[int, mqtt.MQTTMessage]] = []
        self._connection = 0
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=session or f"dem {topic}",
            clean_session=False,
            manual_ack=True,
        )
        self._client.on_connect, self._client.on_message = self._on_connect, self._on_message
        if username is not None:
            self._client.username_pw_set(username, password)
        if tls:
            self._client.tls_set()
        self._client.reconnect_delay_set(1, _LONGEST_WAIT_S)
        self._client.connect_async(host, port)
        self._client.loop_start()

    @classmethod
    def at(cls, address: str, password: str | None = None) -> Self:
        """The source at ``mqtt://[user@]host[:port]/topic``, or ``mqtts://`` for TLS.

        Raises:
            ValueError: the address names no broker or no topic.
        """
        parts = urlsplit(address)
        topic = parts.path.removeprefix("/")
        if parts.scheme not in _PORTS or not parts.hostname or not topic:
            raise ValueError(f"{address}: an address of a topic is mqtt://[user@]host[:port]/topic")
        return cls(
            parts.hostname,
            topic,
            port=parts.port or _PORTS[parts.scheme],
            tls=parts.scheme == "mqtts",
            username=parts.username,
            password=password,
        )

    def poll(self) -> list[Measurement]:
        """What arrived since the last time; a message that is no measurement is reported and passed over.

        Raises:
            OSError: the broker is away, and nothing came before it went.
        """
        self._acknowledge()
        with contextlib.suppress(queue.Empty):
            while True:
                self._given.append(self._arrived.get_nowait())
        if not self._given and not self._client.is_connected():
            raise OSError(f"{self.place}: no connection to the broker")
        return [
            found for _, message in self._given for found in parsed(message.payload, f"{self.place}, {message.topic}")
        ]

    def close(self) -> None:
        """Leave the broker; it keeps what was not acknowledged."""
        self._client.disconnect()
        self._client.loop_stop()

    def _acknowledge(self) -> None:
        for connection, message in self._given:
            # After another connect the broker sends what was not acknowledged again, maybe under other numbers.
            if connection == self._connection:
                self._client.ack(message.mid, message.qos)
        self._given.clear()

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._connection += 1
        if reason.is_failure:
            _log.error("%s: the broker refuses: %s", self.place, reason)
            return
        client.subscribe(self.topic, qos=_AT_LEAST_ONCE)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._arrived.put((self._connection, message))
