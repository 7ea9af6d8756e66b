"""Clients that stay: their calls go to a thread, and the report says what is in the way of an async one."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from client_programs import changed, migrate

CALLS = {
    # how the client is made -> what is asked of it, and what stands in the way
    "import boto3\n\ns3 = boto3.client('s3')": ("s3.put_object(Bucket='b', Key='k', Body=b'x')", "aioboto3"),
    "import boto3\n\ntable = boto3.resource('dynamodb').Table('t')": ("table.get_item(Key={'a': 1})", "aioboto3"),
    "from kafka import KafkaProducer\n\nproducer = KafkaProducer()": (
        "producer.send('t', b'x').get(timeout=3).offset",
        "aiokafka",
    ),
    "from confluent_kafka import Producer\n\nproducer = Producer({})": ("producer.flush()", "confluent_kafka.aio"),
    "import pika": (
        "pika.BlockingConnection(pika.ConnectionParameters('h')).channel().basic_publish('', 'q', b'x')",
        "aio-pika",
    ),
    "from pymemcache.client.base import Client\n\ncache = Client('h')": ("cache.get('k')", "aiomcache"),
    "from cassandra.cluster import Cluster\n\nsession = Cluster(['h']).connect('k')": (
        "session.execute('select').one()",
        "Cassandra",
    ),
    "from github import Github\n\nhub = Github('t')": ("hub.get_user().login", "PyGithub"),
    "from pinecone import Pinecone\n\nindex = Pinecone('k').Index('i')": ("index.query(vector=[1.0])", "major version"),
    "import typesense\n\nsearch = typesense.Client({})": ("search.collections['b'].retrieve()", "[..]"),
    "from pymilvus import MilvusClient\n\nmilvus = MilvusClient('u')": ("milvus.query('b', ids=[1])", "iterators"),
    "from google.cloud import firestore\n\ndb = firestore.Client()": (
        "db.collection('c').document('d').get().to_dict()",
        "AsyncClient",
    ),
    "from redis.sentinel import Sentinel\n\nr = Sentinel([('h', 26379)]).master_for('shop')": ("r.get('k')", "Sentinel"),
    "from redis.cluster import RedisCluster\n\nr = RedisCluster(host='h')": ("r.get('k')", "cluster of Redis"),
    "import redis\n\nr = redis.Redis()\nbump = r.register_script('return 1')": ("bump(keys=['k'])", "script"),
    "import redis\n\ndocuments = redis.Redis().json()": ("documents.get('k')", "Redis modules"),
    "import gridfs\nfrom pymongo import MongoClient\n\nfiles = gridfs.GridFS(MongoClient().shop)": (
        "files.exists(name='k')",
        "async GridFS",
    ),
    "import psycopg": ("psycopg.connect('u').execute('select 1').fetchone()", "no pool limits them"),
}  # fmt: skip


@pytest.mark.parametrize("made", CALLS)
def test_the_reason_is_told(made: str) -> None:
    asked, reason = CALLS[made]
    head = f"from fastapi import APIRouter\n{made}\n\nrouter = APIRouter()\n\n\n"
    text = head + f'@router.get("/")\ndef call():\n    return {asked}\n'
    outcome = migrate({"app/routes.py": changed(text)})
    assert "run_in_threadpool" in outcome.text
    assert outcome.reasons
    assert all(reason in each for each in outcome.reasons), outcome.reasons
