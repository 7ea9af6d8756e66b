"""Redis, MongoDB, search engines, vector stores, memcached, column stores."""

import cassandra.cluster
import chromadb
import clickhouse_connect
import meilisearch
import pymongo
import redis
import weaviate
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk, scan
from fastapi import APIRouter
from influxdb_client import InfluxDBClient
from neo4j import GraphDatabase
from opensearchpy import OpenSearch
from pinecone import Pinecone
from pymemcache.client.base import Client as Memcached
from pymongo import MongoClient
from qdrant_client import QdrantClient
from redis import Redis, StrictRedis
from redis.sentinel import Sentinel

router = APIRouter()
cache = redis.Redis(host="cache", port=6379)
from_url = redis.from_url("redis://cache/1")
strict: StrictRedis = StrictRedis()
pool = redis.ConnectionPool.from_url("redis://cache")
mongo = MongoClient("mongodb://db")
db = mongo.shop
users = db["users"]
es = Elasticsearch("http://search:9200")
driver = GraphDatabase.driver("bolt://graph")
qdrant = QdrantClient(host="vectors")
index = Pinecone(api_key="k").Index("products")


@router.get("/redis-get")
async def redis_get(key: str):
    return cache.get(key)  # blocks


@router.get("/redis-url")
async def redis_url(key: str):
    from_url.setex(key, 60, "1")  # blocks


@router.get("/redis-strict")
async def redis_strict(key: str):
    return strict.hgetall(key)  # blocks


@router.get("/redis-pool")
async def redis_pool(key: str):
    return Redis(connection_pool=pool).lrange(key, 0, -1)  # blocks


@router.get("/redis-with")
async def redis_with(key: str):
    with redis.Redis() as r:  # either
        return r.exists(key)  # blocks


@router.get("/pipeline")
async def pipeline(key: str):
    pipe = cache.pipeline()
    pipe.incr(key)
    pipe.expire(key, 60)
    return pipe.execute()  # blocks


@router.get("/pipeline-with")
async def pipeline_with(key: str):
    with cache.pipeline(transaction=True) as pipe:
        return pipe.incr(key).expire(key, 60).execute()  # blocks


@router.get("/scan")
async def in_scan(prefix: str):
    return [key for key in cache.scan_iter(f"{prefix}*")]  # blocks


@router.get("/redis-lock")
async def redis_lock(name: str):
    with cache.lock(name, timeout=5):  # blocks
        return {}


@router.get("/pubsub")
async def pubsub(channel: str):
    listener = cache.pubsub()
    listener.subscribe(channel)  # blocks
    for message in listener.listen():  # blocks
        return message["data"]


@router.get("/get-message")
async def get_message():
    with cache.pubsub() as listener:  # either
        return listener.get_message(timeout=1)  # blocks


@router.get("/script")
async def script(key: str):
    return cache.register_script("return 1")(keys=[key])  # blocks


@router.get("/sentinel")
async def sentinel(key: str):
    return Sentinel([("s", 26379)]).master_for("main").get(key)  # blocks


@router.get("/find-one")
async def find_one(name: str):
    return users.find_one({"name": name})  # blocks


@router.get("/find")
async def find(name: str):
    return list(users.find({"name": name}).sort("age").limit(10))  # blocks


@router.get("/find-loop")
async def find_loop():
    names = []
    for user in db.users.find():  # blocks
        names.append(user["name"])
    return names


@router.get("/nested-collection")
async def nested_collection():
    return mongo["shop"]["orders"].count_documents({})  # blocks


@router.get("/aggregate")
async def aggregate():
    return [row for row in db.orders.aggregate([{"$group": {"_id": "$user"}}])]  # blocks


@router.get("/insert")
async def insert(body: dict):
    return str(pymongo.MongoClient().shop.log.insert_one(body).inserted_id)  # blocks


@router.get("/transaction")
async def transaction():
    with mongo.start_session() as session:  # either
        with session.start_transaction():  # blocks
            users.update_one({}, {"$set": {"a": 1}}, session=session)  # blocks


@router.get("/search")
async def search(q: str):
    return es.search(index="docs", query={"match": {"text": q}})["hits"]  # blocks


@router.get("/indices")
async def indices():
    return es.indices.exists(index="docs")  # blocks


@router.get("/bulk")
async def in_bulk(rows: list[dict]):
    return bulk(es, rows)  # blocks


@router.get("/scan-index")
async def scan_index():
    return [hit for hit in scan(es, index="docs")]  # blocks


@router.get("/opensearch")
async def opensearch(q: str):
    return OpenSearch("http://search").search(body={"query": q})  # blocks


@router.get("/graph")
async def graph():
    with driver.session() as session:  # either
        return session.run("MATCH (n) RETURN n").data()  # blocks


@router.get("/qdrant")
async def in_qdrant():
    return qdrant.query_points("products", query=[0.1]).points  # blocks


@router.get("/pinecone")
async def pinecone():
    return index.query(vector=[0.1], top_k=3)  # blocks


@router.get("/chroma")
async def chroma(q: str):
    collection = chromadb.HttpClient(host="chroma").get_or_create_collection("docs")  # blocks
    return collection.query(query_texts=[q])  # blocks


@router.get("/weaviate")
async def in_weaviate():
    client = weaviate.connect_to_local()  # blocks
    return client.is_ready()  # blocks


@router.get("/meili")
async def meili(q: str):
    return meilisearch.Client("http://meili").index("docs").search(q)  # blocks


@router.get("/memcached")
async def memcached(key: str):
    return Memcached(("cache", 11211)).get(key)  # blocks


@router.get("/cassandra")
async def in_cassandra():
    session = cassandra.cluster.Cluster(["db"]).connect("shop")  # blocks
    return session.execute("SELECT 1").one()  # blocks


@router.get("/clickhouse")
async def clickhouse():
    return clickhouse_connect.get_client(host="ch").query("SELECT 1").result_rows  # blocks


@router.get("/influx")
async def influx():
    return InfluxDBClient(url="http://influx", token="t").query_api().query("from()")  # blocks
