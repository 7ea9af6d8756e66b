"""Sockets, names, and protocols other than HTTP."""

import ftplib
import imaplib
import poplib
import select
import socket
import telnetlib
import xmlrpc.client
from ftplib import FTP
from socket import create_connection, gethostbyname

import dns.resolver
import grpc
import hvac
import ldap3
import paho.mqtt.publish as publish
import paramiko
import websocket
from fastapi import APIRouter
from kubernetes import client as k8s
from zeep import Client as SoapClient

import docker

router = APIRouter()


@router.get("/resolve")
async def resolve(host: str):
    return gethostbyname(host)  # blocks


@router.get("/addrinfo")
async def addrinfo(host: str):
    return socket.getaddrinfo(host, 443)[0][4]  # blocks


@router.get("/connect")
async def connect(host: str):
    with create_connection((host, 22), timeout=2) as s:  # blocks
        return s.recv(64).decode()  # blocks


@router.get("/socket")
async def in_socket(host: str):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.connect((host, 25))  # blocks
    s.sendall(b"QUIT")  # blocks
    s.close()


@router.get("/select")
async def in_select(descriptor: int):
    return select.select([descriptor], [], [], 1)[0]  # blocks


@router.get("/ftp")
async def ftp(host: str):
    with FTP(host) as session:  # blocks
        session.login()  # blocks
        return session.nlst()  # blocks


@router.get("/ftp-tls")
async def ftp_tls(host: str):
    session = ftplib.FTP_TLS(host)  # blocks
    session.retrbinary("RETR x", print)  # blocks


@router.get("/imap")
async def imap(host: str):
    box = imaplib.IMAP4_SSL(host)  # blocks
    box.login("me", "secret")  # blocks
    return box.search(None, "UNSEEN")[0]  # blocks


@router.get("/pop")
async def pop(host: str):
    return poplib.POP3_SSL(host).getwelcome()  # blocks


@router.get("/telnet")
async def telnet(host: str):
    return telnetlib.Telnet(host).read_until(b"login: ").decode()  # blocks


@router.get("/xmlrpc")
async def in_xmlrpc(url: str):
    return xmlrpc.client.ServerProxy(url).system.listMethods()  # blocks


@router.get("/ssh")
async def ssh(host: str):
    shell = paramiko.SSHClient()
    shell.connect(host, username="root")  # blocks
    _, out, _ = shell.exec_command("uptime")  # blocks
    return out.read().decode()  # blocks


@router.get("/ldap")
async def ldap(user: str):
    conn = ldap3.Connection(ldap3.Server("ldap"), user, "secret")  # either
    conn.bind()  # blocks
    conn.search("dc=example", f"(uid={user})")  # blocks
    return conn.entries


@router.get("/dns")
async def in_dns(host: str):
    return [str(r) for r in dns.resolver.resolve(host, "MX")]  # blocks


@router.get("/mqtt")
async def mqtt(text: str):
    publish.single("topic", text, hostname="broker")  # blocks


@router.get("/socket-file")
async def socket_file(host: str):
    with create_connection((host, 7)) as s:  # either
        return s.makefile().readline()  # blocks


@router.get("/websocket")
async def in_websocket(url: str):
    ws = websocket.create_connection(url)  # blocks
    ws.send("hello")  # blocks
    return ws.recv()  # blocks


@router.get("/grpc")
async def in_grpc():
    channel = grpc.insecure_channel("users:50051")
    grpc.channel_ready_future(channel).result(timeout=3)  # blocks


@router.get("/vault")
async def vault():
    client = hvac.Client(url="https://vault")
    return client.secrets.kv.v2.read_secret_version(path="db")["data"]  # blocks


@router.get("/docker")
async def in_docker():
    engine = docker.from_env()  # either
    return [c.name for c in engine.containers.list()]  # blocks


@router.get("/kubernetes")
async def kubernetes():
    return k8s.CoreV1Api().list_namespaced_pod("default").items  # blocks


@router.get("/soap")
async def soap():
    service = SoapClient("https://soap.example.com?wsdl")  # blocks
    return service.service.Add(1, 2)  # blocks
