"""Clients without a twin that is exact: what they wait for is seen in the forms in which it is written, and
goes to a thread; nothing on the way is unknown."""

from __future__ import annotations

import re

import pytest
from async_fix.codemods.model import RemedyKind
from small_projects import Migrated, migrate_main

UNKNOWN = "AF211"

CALLS = {
    # imports -> what is asked of them
    "from azure.storage.blob import BlobServiceClient\nfrom azure.identity import DefaultAzureCredential": """
        BlobServiceClient("u", DefaultAzureCredential()).get_blob_client("c", "b").upload_blob(b"x")
        BlobServiceClient("u", DefaultAzureCredential()).get_blob_client("c", "b").download_blob().readall()
        [b.name for b in BlobServiceClient("u", key()).get_container_client("c").list_blobs()]
    """,
    "from azure.keyvault.secrets import SecretClient\nfrom azure.identity import DefaultAzureCredential": """
        SecretClient("u", DefaultAzureCredential()).get_secret("a").value
    """,
    "from azure.data.tables import TableServiceClient": """
        [dict(e) for e in TableServiceClient("u").get_table_client("t").query_entities("")]
    """,
    "from azure.storage.queue import QueueServiceClient": """
        QueueServiceClient.from_connection_string("c").get_queue_client("q").send_message("x")
    """,
    "from azure.storage.filedatalake import DataLakeServiceClient": """
        DataLakeServiceClient("u").get_file_system_client("f").get_file_client("a").download_file().readall()
    """,
    "from azure.storage.fileshare import ShareServiceClient": """
        ShareServiceClient("u").get_share_client("f").get_file_client("a").download_file().readall()
    """,
    "from azure.ai.formrecognizer import DocumentAnalysisClient": """
        DocumentAnalysisClient("e", "k").begin_analyze_document("m", b"").result().content
    """,
    "from google.cloud import bigquery, firestore, pubsub_v1, secretmanager, speech, storage": """
        storage.Client().bucket("b").blob("x").upload_from_string(b"x")
        firestore.Client().collection("c").document("d").get().to_dict()
        [d.to_dict() for d in firestore.Client().collection("c").where("a", "==", 1).limit(3).stream()]
        firestore.Client().collection("c").count().get()[0][0].value
        firestore.Client().collection("c").where("a", "==", 1).sum("n").get()
        [dict(row) for row in bigquery.Client().query("q").result()]
        pubsub_v1.PublisherClient().publish("t", b"x").result()
        secretmanager.SecretManagerServiceClient().access_secret_version(name="n").payload.data
        speech.SpeechClient().recognize(request={}).results
    """,
    "from googleapiclient.discovery import build": """
        build("calendar", "v3").events().list(calendarId="primary").execute().get("items", [])
        build("drive", "v3").files().create(body={}, fields="id").execute()
    """,
    "import gspread": """
        gspread.service_account("k").open("Log").worksheet("a").get_all_records()
        gspread.service_account("k").open("Log").sheet1.append_row(["a"])
    """,
    "from pinecone import Pinecone": """
        Pinecone(api_key="k").Index("i").query(vector=[1.0], top_k=1).matches
        Pinecone(api_key="k").Index("i").query(vector=[1.0], top_k=1).to_dict()
    """,
    "import weaviate": """
        weaviate.connect_to_local().collections.get("A").query.near_text("x").objects
        weaviate.connect_to_local().collections.get("A").data.insert({"a": 1})
    """,
    "import chromadb": """
        chromadb.HttpClient().get_or_create_collection("c").query(query_texts=["x"])["ids"]
    """,
    "import typesense": """
        typesense.Client(C).collections["books"].documents.search({"q": "x"})["hits"]
        typesense.Client(C).collections["books"].documents["1"].retrieve()
        typesense.Client(C).collections["books"].synonyms["s"].delete()
        typesense.Client(C).collections.create({"name": "x"})
        typesense.Client(C).keys["1"].retrieve()
        typesense.Client(C).multi_search.perform({"searches": []}, {})
    """,
    "from pymilvus import Collection, CollectionSchema, MilvusClient, Partition": """
        Collection("books").search([[0.1]], "v", {}, limit=2)
        Collection("books", CollectionSchema([])).num_entities
        Partition(Collection("books"), "p").is_empty
        MilvusClient("u").query("books", ids=[1])
    """,
    "import meilisearch": """
        meilisearch.Client("u", "k").index("books").search("x", {"limit": 3})
        meilisearch.Client("u", "k").wait_for_task(1).status
    """,
    "from influxdb_client import InfluxDBClient, Point": """
        InfluxDBClient("u", "t").write_api().write("b", "o", Point("m").field("v", 1))
        [t.records for t in InfluxDBClient("u", "t").query_api().query("q")]
    """,
    "from kafka import KafkaProducer": """
        KafkaProducer().send("t", b"x").get(timeout=3)
    """,
    "import pika": """
        pika.BlockingConnection(pika.ConnectionParameters("h")).channel().basic_publish("", "q", b"x")
    """,
    "from pymemcache.client.hash import HashClient": """
        HashClient(["h"]).get("k")
    """,
    "from cassandra.cluster import Cluster": """
        Cluster(["h"]).connect("ks").execute("select").one()
        [row.name for row in Cluster(["h"]).connect("ks").execute("select")]
        Cluster(["h"]).connect("ks").execute_async("select").result().one()
    """,
    "from github import Github": """
        [r.name for r in Github("t").get_user().get_repos()]
    """,
    "from langchain_community.vectorstores import FAISS\nfrom langchain_chroma import Chroma": """
        FAISS.load_local("f", None).similarity_search("q")
        Chroma("c").as_retriever().invoke("q")
    """,
    "from langchain_groq import ChatGroq\nfrom langgraph.graph import StateGraph": """
        ChatGroq(model="m").invoke("q").content
        StateGraph(dict).compile().invoke({})
    """,
    "from elevenlabs.client import ElevenLabs\nfrom tavily import TavilyClient\nimport voyageai": """
        ElevenLabs(api_key="k").text_to_speech.convert("v", text="t")
        TavilyClient("k").search("q").get("results")
        voyageai.Client().embed(["a"]).embeddings
    """,
    "from langchain.chains import RetrievalQA\nfrom langchain.document_loaders import PyPDFLoader": """
        RetrievalQA.from_chain_type(1).run("q").strip()
        PyPDFLoader("f").load_and_split()[0].page_content
    """,
    "from langchain.chains import create_retrieval_chain\nfrom langchain_chroma import Chroma\n"
    "from langchain_core.prompts import PromptTemplate\nfrom langchain_openai import ChatOpenAI": """
        ({"a": Chroma("c").as_retriever()} | PromptTemplate.from_template("t") | ChatOpenAI()).invoke("q")
        create_retrieval_chain(1, 2).invoke({"input": "q"})
        Chroma("c").as_retriever().get_relevant_documents("q")[0].page_content
    """,
    "from gridfs import GridFS\nfrom pymongo import MongoClient": """
        GridFS(MongoClient()["x"]).get("id").read()
        [f.filename for f in GridFS(MongoClient()["x"]).find({"a": 1}).limit(3)]
    """,
    "import docker\nimport faiss\nfrom minio import Minio": """
        docker.from_env().containers.run("x", detach=True).logs()
        faiss.read_index("f").search([[1.0]], 3)
        [each.object_name for each in Minio("u").list_objects("b")]
        Minio("u").get_object("b", "k").read()
    """,
    "from py2neo import Graph": """
        Graph("u").nodes.match("User", name="a").first()
        Graph("u").run("q").data()
    """,
    "import wikipedia\nimport yfinance as yf\nfrom pyairtable import Api\nfrom veryfi import Client": """
        Client("a", "b", "c", "d").process_document("f")["total"]
        wikipedia.summary("q").upper()
        yf.Ticker("A").info
        Api("k").table("b", "t").all()
    """,
    "import os\nimport subprocess": """
        subprocess.run(["ls"], capture_output=True, text=True, check=True).stdout.strip()
        subprocess.check_output("ls", shell=True).decode()
        subprocess.Popen(["ls"], stdout=subprocess.PIPE, text=True).communicate(timeout=5)[0]
        os.popen("ls").read()
        os.system("ls")
    """,
}
CASES = [
    (imports, call.strip())
    for imports, calls in CALLS.items()
    for call in calls.strip().splitlines()
]  # fmt: skip

BLOCKS = {
    "a process that is entered": """
        with subprocess.Popen(["ls"], stdout=subprocess.PIPE) as process:
            found = process.stdout.read()
    """,
    "a process whose output is read": """
        process = subprocess.Popen(["ls"], stdout=subprocess.PIPE, text=True)
        found = [line for line in process.stdout]
        process.wait()
    """,
    "a process that is waited for": """
        process = subprocess.Popen(["ls"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out, err = process.communicate(timeout=5)
        found = (out, process.returncode)
    """,
    "a queue": """
        with ServiceBusClient.from_connection_string("c") as client:
            with client.get_queue_sender("q") as sender:
                sender.send_messages(ServiceBusMessage("x"))
        found = 1
    """,
    "events": """
        producer = EventHubProducerClient.from_connection_string("c")
        batch = producer.create_batch()
        batch.add(EventData("x"))
        producer.send_batch(batch)
        found = 1
    """,
}


@pytest.mark.parametrize(("imports", "call"), CASES, ids=lambda text: text.splitlines()[-1])
def test_a_call_goes_to_a_thread_with_what_it_gives(imports: str, call: str) -> None:
    """What a client gives may wait as well."""
    done = migrate_main(f"{imports}\n\n\n@app.get('/')\ndef handler():\n    return {call}\n")
    _in_threads(done)


@pytest.mark.parametrize(
    ("imports", "call"),
    [each for each in CASES if re.match(r"[A-Z]\w+\(", each[1])],
    ids=lambda text: text.splitlines()[-1],
)
def test_a_client_that_an_object_keeps_is_the_same(imports: str, call: str) -> None:
    made, _, rest = call.partition(").")
    _in_threads(
        migrate_main(
            f"{imports}\n\n\nclass Store:\n    def __init__(self):\n        self.client = {made})\n\n"
            f"    def load(self):\n        return self.client.{rest}\n\n\nstore = Store()\n\n\n"
            "@app.get('/')\ndef handler():\n    return store.load()\n"
        )
    )


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_goes_to_a_thread(name: str) -> None:
    imports = (
        "import subprocess\nfrom azure.servicebus import ServiceBusClient, ServiceBusMessage\n"
        "from azure.eventhub import EventData, EventHubProducerClient\n"
    )
    body = BLOCKS[name].replace("\n    ", "\n").rstrip()
    _in_threads(migrate_main(f"{imports}\n\n@app.get('/')\ndef handler():{body}\n    return found\n"))


def _in_threads(done: Migrated) -> None:
    found = [each for each in done.report.findings if each.code != "AF101"]
    assert found
    assert [each.message for each in found if each.code == UNKNOWN] == []
    assert {each.remedy for each in found} <= {RemedyKind.OFFLOAD, RemedyKind.WHOLE_BODY, RemedyKind.TASK}
    assert done.report.refusals == ()
