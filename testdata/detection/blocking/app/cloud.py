"""Cloud storage and services."""

import boto3
import firebase_admin.auth
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient
from azure.storage.blob import BlobServiceClient
from boto3 import Session
from fastapi import APIRouter
from firebase_admin import firestore, messaging
from google.cloud import bigquery, secretmanager, storage
from google.oauth2 import id_token
from googleapiclient.discovery import build
from minio import Minio

router = APIRouter()
s3 = boto3.client("s3")
table = boto3.resource("dynamodb").Table("orders")
session = Session(region_name="eu-central-1")
buckets = storage.Client()
files = Minio("files:9000")


def get_s3_client():
    return boto3.client("s3", endpoint_url="http://minio:9000")


class Storage:
    def __init__(self) -> None:
        self.s3 = boto3.resource("s3")
        self.bucket = self.s3.Bucket("shop")

    def put(self, key: str, data: bytes) -> None:
        self.bucket.put_object(Key=key, Body=data)


@router.get("/upload")
async def upload(key: str):
    s3.upload_file("/tmp/x", "shop", key)  # blocks


@router.get("/get-object")
async def get_object(key: str):
    return s3.get_object(Bucket="shop", Key=key)["Body"].read()  # blocks


@router.get("/factory")
async def factory(key: str):
    get_s3_client().delete_object(Bucket="shop", Key=key)  # blocks


@router.get("/session")
async def in_session():
    return session.client("sqs").receive_message(QueueUrl="u")  # blocks


@router.get("/paginator")
async def paginator():
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="shop")
    return [item["Key"] for page in pages for item in page["Contents"]]  # blocks


@router.get("/resource")
async def resource(key: str):
    Storage().put(key, b"x")  # blocks


@router.get("/dynamo")
async def dynamo(key: str):
    return table.get_item(Key={"id": key}).get("Item")  # blocks


@router.get("/ses")
async def ses(to: str):
    boto3.client("ses").send_email(Source="a", Destination={}, Message={})  # blocks


@router.get("/gcs")
async def gcs(name: str):
    return buckets.bucket("shop").blob(name).download_as_bytes()  # blocks


@router.get("/bigquery")
async def in_bigquery():
    return [dict(row) for row in bigquery.Client().query("SELECT 1").result()]  # blocks


@router.get("/secret")
async def secret(name: str):
    return secretmanager.SecretManagerServiceClient().access_secret_version(name=name)  # blocks


@router.get("/blob")
async def blob(name: str):
    service = BlobServiceClient.from_connection_string("c")
    return service.get_blob_client("box", name).download_blob().readall()  # blocks


@router.get("/vault")
async def vault(name: str):
    return SecretClient("https://v", DefaultAzureCredential()).get_secret(name).value  # blocks


@router.get("/firestore")
async def in_firestore(key: str):
    return firestore.client().collection("users").document(key).get().to_dict()  # blocks


@router.get("/push")
async def push(token: str):
    return messaging.send(messaging.Message(token=token))  # blocks


@router.get("/firebase-token")
async def firebase_token(token: str):
    return firebase_admin.auth.verify_id_token(token)  # blocks


@router.get("/google-token")
async def google_token(token: str):
    return id_token.verify_oauth2_token(token, None)  # blocks


@router.get("/discovery")
async def discovery():
    drive = build("drive", "v3")  # blocks
    return drive.files().list().execute()  # blocks


@router.get("/minio")
async def in_minio(name: str):
    files.fput_object("shop", name, "/tmp/x")  # blocks
