"""Message brokers and task queues."""

import pika
from celery import Celery, shared_task
from confluent_kafka import Producer
from fastapi import APIRouter
from google.cloud import pubsub_v1
from kafka import KafkaConsumer, KafkaProducer
from kombu import Connection
from redis import Redis
from rq import Queue

router = APIRouter()
celery = Celery("shop", broker="redis://broker")
producer = KafkaProducer(bootstrap_servers="kafka:9092")
jobs = Queue(connection=Redis())


@celery.task
def bill(order: int) -> None:
    print(order)


@shared_task
def remind(order: int) -> None:
    print(order)


@router.get("/delay")
async def delay(order: int):
    return bill.delay(order).id  # blocks


@router.get("/apply-async")
async def apply_async(order: int):
    remind.apply_async(args=[order], countdown=10)  # blocks


@router.get("/send-task")
async def send_task(order: int):
    celery.send_task("bill", args=[order])  # blocks


@router.get("/result")
async def result(order: int):
    return bill.delay(order).get(timeout=10)  # blocks


@router.get("/enqueue")
async def enqueue(order: int):
    return jobs.enqueue(print, order).id  # blocks


@router.get("/kafka-send")
async def kafka_send(text: str):
    producer.send("orders", text.encode()).get(timeout=5)  # blocks
    producer.flush()  # blocks


@router.get("/kafka-loop")
async def kafka_loop():
    for message in KafkaConsumer("orders", bootstrap_servers="kafka"):  # blocks
        return message.value


@router.get("/confluent")
async def confluent(text: str):
    out = Producer({"bootstrap.servers": "kafka"})
    out.produce("orders", text)
    out.flush()  # blocks


@router.get("/pika")
async def in_pika(text: str):
    conn = pika.BlockingConnection(pika.ConnectionParameters("rabbit"))  # blocks
    channel = conn.channel()  # blocks
    channel.basic_publish(exchange="", routing_key="orders", body=text)  # blocks
    conn.close()  # blocks


@router.get("/kombu")
async def in_kombu():
    with Connection("amqp://rabbit") as conn:  # either
        conn.SimpleQueue("orders").put({"a": 1})  # blocks


@router.get("/pubsub")
async def pubsub(text: str):
    publisher = pubsub_v1.PublisherClient()  # either
    return publisher.publish("topic", text.encode()).result()  # blocks
