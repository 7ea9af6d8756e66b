import os

from taskiq import InMemoryBroker

broker = InMemoryBroker(await_inplace=os.environ.get("TASKIQ_IN_PLACE") == "1")
