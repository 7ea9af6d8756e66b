"""A RabbitMQ of its own, for the one test that needs it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from importlib.util import find_spec

from .stubs import free_port, wait_until

# the script behind `rabbitmq-server`, which would change the user
RABBITMQ_SERVER = shutil.which("rabbitmq-server", path="/usr/lib/rabbitmq/bin")
HAS_CLIENT = find_spec("taskiq_aio_pika") is not None


class RabbitServer:
    """On a free port; what it keeps goes with it."""

    def __init__(self) -> None:
        self.port, self._epmd = free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def __enter__(self) -> RabbitServer:
        if RABBITMQ_SERVER is None:
            raise FileNotFoundError("rabbitmq-server")
        self._folder = tempfile.mkdtemp(prefix="rabbitmq-")
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": self._folder,
            "ERL_EPMD_PORT": str(self._epmd),
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": f"{self._folder}/mnesia",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{self._folder}/plugins",
            "RABBITMQ_PID_FILE": f"{self._folder}/pid",
        }
        self._process = subprocess.Popen(
            [RABBITMQ_SERVER], env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._is_up, "rabbitmq-server answers")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        # the name server of Erlang that it started
        subprocess.run(
            ["epmd", "-port", str(self._epmd), "-kill"], env=self._environment, capture_output=True
        )
        shutil.rmtree(self._folder, ignore_errors=True)

    def _is_up(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"AMQP\0\0\x09\x01")
                return bool(connection.recv(1))
        except OSError:
            return False
