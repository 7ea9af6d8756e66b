"""Database drivers, sessions and ORMs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import asyncpg  # noqa: F401
import duckdb
import mysql.connector
import oracledb
import pandas as pd
import peewee
import psycopg
import psycopg2
import psycopg2.extras
import pymssql
import pymysql
import pyodbc
from fastapi import APIRouter, Depends
from psycopg2.pool import SimpleConnectionPool
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

router = APIRouter()
engine = create_engine("postgresql://db/shop")
SessionLocal = sessionmaker(bind=engine)
pool = SimpleConnectionPool(1, 4, "dbname=shop")
pool3 = ConnectionPool("dbname=shop", open=False)
peewee_db = peewee.PostgresqlDatabase("shop")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Account(peewee.Model):
    name = peewee.CharField()

    class Meta:
        database = peewee_db


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


def connection():
    conn = sqlite3.connect("shop.db")
    conn.row_factory = sqlite3.Row
    return conn


@router.get("/query")
async def query(name: str, db: Session = Depends(get_db)):
    return db.query(User).filter(User.name == name).first()  # blocks


@router.get("/execute")
async def execute(db: Session = Depends(get_db)):
    return db.execute(select(User)).scalars().all()  # blocks


@router.get("/untyped-session")
async def untyped_session(db=Depends(get_db)):
    db.add(User(name="a"))
    db.commit()  # blocks


@router.get("/local-session")
async def local_session(key: int):
    with SessionLocal() as db:  # either
        return db.get(User, key)  # blocks


@router.get("/engine")
async def in_engine():
    with engine.connect() as conn:  # blocks
        return conn.execute(text("SELECT 1")).scalar()  # blocks


@router.get("/begin")
async def begin():
    with engine.begin() as conn:  # blocks
        conn.execute(text("DELETE FROM user"))  # blocks


@router.get("/psycopg2")
async def in_psycopg2():
    conn = psycopg2.connect("dbname=shop")  # blocks
    cur = conn.cursor(cursor_factory=psycopg2.extras.RealDictCursor)
    cur.execute("SELECT 1")  # blocks
    return cur.fetchall()  # either


@router.get("/psycopg2-with")
async def psycopg2_with():
    with psycopg2.connect("dbname=shop") as conn, conn.cursor() as cur:  # blocks
        cur.execute("UPDATE x SET a = 1")  # blocks
        conn.commit()  # blocks


@router.get("/psycopg2-pool")
async def psycopg2_pool():
    conn = pool.getconn()  # blocks
    try:
        conn.cursor().execute("SELECT 1")  # blocks
    finally:
        pool.putconn(conn)  # either


@router.get("/psycopg")
async def in_psycopg():
    with psycopg.connect("dbname=shop") as conn:  # blocks
        return conn.execute("SELECT 1").fetchone()  # blocks


@router.get("/psycopg-pool")
async def psycopg_pool():
    with pool3.connection() as conn:  # blocks
        with conn.cursor() as cur:  # either
            cur.execute("SELECT 1")  # blocks
            return cur.fetchone()  # either


@router.get("/sqlite")
async def sqlite():
    with sqlite3.connect("shop.db") as conn:  # blocks
        return conn.execute("SELECT * FROM a").fetchall()  # blocks


@router.get("/sqlite-factory")
async def sqlite_factory():
    with closing(connection()) as conn:  # blocks
        return [dict(row) for row in conn.execute("SELECT 1")]  # blocks


@router.get("/mysql")
async def in_mysql():
    conn = mysql.connector.connect(host="db")  # blocks
    cursor = conn.cursor(dictionary=True)
    cursor.execute("SELECT 1")  # blocks
    return cursor.fetchall()  # blocks


@router.get("/pymysql")
async def in_pymysql():
    with pymysql.connect(host="db") as conn:  # blocks
        with conn.cursor() as cursor:  # either
            cursor.execute("SELECT 1")  # blocks
            return cursor.fetchone()  # either


@router.get("/odbc")
async def odbc():
    return pyodbc.connect("DSN=x").cursor().execute("SELECT 1").fetchall()  # blocks


@router.get("/oracle")
async def oracle():
    with oracledb.connect(user="u", password="p", dsn="d") as conn:  # blocks
        return conn.cursor().execute("select 1 from dual").fetchall()  # blocks


@router.get("/mssql")
async def mssql():
    return pymssql.connect("db", "u", "p", "shop").cursor().execute("SELECT 1")  # blocks


@router.get("/duckdb")
async def in_duckdb():
    return duckdb.connect("a.db").execute("SELECT 1").fetchall()  # blocks


@router.get("/peewee-get")
async def peewee_get(name: str):
    return Account.get(Account.name == name).name  # blocks


@router.get("/peewee-loop")
async def peewee_loop():
    return [account.name for account in Account.select()]  # blocks


@router.get("/peewee-save")
async def peewee_save(name: str):
    Account(name=name).save()  # blocks


@router.get("/read-sql")
async def read_sql():
    return pd.read_sql("SELECT 1", engine).to_dict("records")  # blocks
