"""A broker in this process: what MQTT 3.1.1 needs for one subscriber with a lasting session, and nothing else."""

import contextlib
import socket
import socketserver
import struct
import threading

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP = 1, 2, 3, 4, 8, 9, 12, 13


class Broker:
    """Keeps what is published until its subscriber acknowledges it; ``waiting`` maps numbers to payloads."""

    def __init__(self):
        self.waiting, self.refuse = {}, False
        self._number, self._port, self._lock = 0, 0, threading.RLock()
        self._server = self._connection = None
        self.start()

    @property
    def port(self):
        return self._port

    def start(self):
        broker = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError, struct.error):
                    broker._serve(self.rfile, self.connection)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            if self._connection:
                with contextlib.suppress(OSError):  # the other side was first
                    self._connection.shutdown(socket.SHUT_RDWR)
                self._connection = None

    def publish(self, payload, times=1):
        """Deliver a message, again and again if asked to, as a broker may that has no answer."""
        with self._lock:
            self._number += 1
            self.waiting[self._number] = payload
            for _ in range(times):
                self._deliver(self._number)

    def _deliver(self, number):
        if self._connection:
            topic = b"meters/1"
            body = struct.pack("!H", len(topic)) + topic + struct.pack("!H", number) + self.waiting[number]
            try:
                self._connection.sendall(bytes([PUBLISH << 4 | 1 << 1]) + _length(len(body)) + body)
            except OSError:  # the subscriber left: what it lacks waits for its next subscription
                self._connection = None

    def _serve(self, stream, connection):
        while head := stream.read(1):
            body = stream.read(_read_length(stream))
            kind = head[0] >> 4
            if kind == CONNECT:
                connection.sendall(bytes([CONNACK << 4, 2, 0, 5 if self.refuse else 0]))
            elif kind == PINGREQ:
                connection.sendall(bytes([PINGRESP << 4, 0]))
            elif kind == SUBSCRIBE:
                connection.sendall(bytes([SUBACK << 4, 3]) + body[:2] + b"\x01")
                with self._lock:
                    self._connection = connection
                    for number in reversed(self.waiting):  # the last first: order is not promised
                        self._deliver(number)
            elif kind == PUBACK:
                with self._lock:
                    self.waiting.pop(struct.unpack("!H", body)[0], None)


def _length(size):
    encoded = bytearray()
    while True:
        size, digit = divmod(size, 128)
        encoded.append(digit | (128 if size else 0))
        if not size:
            return bytes(encoded)


def _read_length(stream):
    size = shift = 0
    while True:
        digit = stream.read(1)[0]
        size |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            return size
