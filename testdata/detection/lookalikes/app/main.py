from fastapi import FastAPI

from app import (
    async_clients,
    fast,
    kept_async,
    lazy_queries,
    mocks,
    names,
    offloaded,
    own_classes,
    pure_sdk,
    resembling,
    shadowed,
    threads,
)

app = FastAPI()
for module in (
    async_clients,
    fast,
    kept_async,
    lazy_queries,
    mocks,
    names,
    offloaded,
    own_classes,
    pure_sdk,
    resembling,
    shadowed,
    threads,
):
    app.include_router(module.router)
