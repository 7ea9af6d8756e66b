from functools import lru_cache

import requests
from minio import Minio


class Container:
    def __init__(self) -> None:
        self.http = requests.Session()
        self._storage: Minio | None = None

    def storage(self) -> Minio:
        if self._storage is None:
            self._storage = Minio("files:9000")
        return self._storage


@lru_cache(maxsize=1)
def get_container() -> Container:
    return Container()
