from fastapi import FastAPI

from app import (
    attributes,
    brokers,
    cloud,
    cpu,
    documents,
    files,
    forms,
    frames,
    http_functions,
    http_others,
    http_sessions,
    injected,
    kept,
    llm,
    mail,
    network,
    processes,
    saas,
    sql,
    stores,
    waits,
)
from app.deep import routes

app = FastAPI()
for module in (
    attributes,
    brokers,
    cloud,
    cpu,
    documents,
    files,
    forms,
    frames,
    http_functions,
    http_others,
    http_sessions,
    injected,
    kept,
    llm,
    mail,
    network,
    processes,
    routes,
    saas,
    sql,
    stores,
    waits,
):
    app.include_router(module.router)
