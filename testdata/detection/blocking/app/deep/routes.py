"""The blocking call stands one, two or more modules below the handler."""

from fastapi import APIRouter

from app.deep import reports
from app.deep.orders import OrderService, audit, refresh_all
from app.deep.reports import Builder as ReportBuilder

from . import orders as order_module

router = APIRouter()
service = OrderService()


@router.get("/one")
async def one(order: int):
    return audit(order)  # blocks


@router.get("/two")
async def two(order: int):
    return service.pay(order)  # blocks


@router.get("/three")
async def three(order: int):
    return order_module.pay_and_tell(order)  # blocks


@router.get("/cycle")
async def cycle(depth: int):
    return order_module.walk(depth)  # blocks


@router.get("/static")
async def static(order: int):
    return OrderService.stock(order)  # blocks


@router.get("/class")
async def by_class():
    return ReportBuilder.build("day")  # blocks


@router.get("/registry")
async def registry(kind: str):
    return reports.REGISTRY[kind]()  # blocks


@router.get("/strategy")
async def strategy(kind: str):
    return reports.pick(kind).write()  # blocks


@router.get("/abstract")
async def abstract():
    return reports.default().write()  # blocks


@router.get("/async-helper")
async def async_helper():
    return await refresh_all()
