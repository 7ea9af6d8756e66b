"""Files: open in every form, pathlib, os, shutil, tempfile, archives, and readers that want a real file."""

import csv
import glob
import gzip
import io
import json
import os
import os.path as osp
import pathlib
import pickle
import shutil
import tarfile
import tempfile
import zipfile
from os import listdir, remove, scandir
from pathlib import Path
from shutil import copyfileobj, rmtree
from tempfile import NamedTemporaryFile, TemporaryDirectory
from zipfile import ZipFile

import numpy as np
import pandas as pd
import yaml
from fastapi import APIRouter, File, UploadFile

router = APIRouter()
UPLOADS = Path("/var/uploads")


@router.get("/open")
async def in_open(name: str):
    with open(name) as f:  # blocks
        return f.read()  # blocks


@router.get("/open-chain")
async def open_chain(name: str):
    return open(name, "rb").read()  # blocks


@router.get("/open-json")
async def open_json(name: str):
    with open(name) as f:  # blocks
        return json.load(f)  # blocks


@router.get("/dump")
async def dump(name: str, body: dict):
    with open(name, "w", encoding="utf-8") as out:  # blocks
        json.dump(body, out, indent=2)  # blocks


@router.get("/rows")
async def rows(name: str):
    with open(name, newline="") as f:  # blocks
        return [row for row in csv.DictReader(f)]  # blocks


@router.get("/lines")
async def lines(name: str):
    with open(name) as f:  # blocks
        for line in f:  # blocks
            if line.startswith("#"):
                return line
    return ""


@router.get("/pickle")
async def unpickle(name: str):
    with open(name, "rb") as f:  # blocks
        return pickle.load(f)  # blocks


@router.get("/yaml")
async def in_yaml():
    with open("config.yaml") as f:  # blocks
        return yaml.safe_load(f)  # blocks


@router.get("/io-open")
async def io_open(name: str):
    with io.open(name) as f:  # blocks
        return f.readline()  # blocks


@router.get("/path-open")
async def path_open(name: str):
    with (UPLOADS / name).open() as f:  # blocks
        return f.readlines()  # blocks


@router.get("/read-text")
async def read_text(name: str):
    return (UPLOADS / name).read_text()  # blocks


@router.get("/read-bytes")
async def read_bytes(name: str):
    return UPLOADS.joinpath(name).with_suffix(".bin").read_bytes()  # blocks


@router.get("/write-text")
async def write_text(name: str, text: str):
    pathlib.Path(name).write_text(text)  # blocks


@router.get("/tree")
async def tree():
    return [p.name for p in UPLOADS.rglob("*.pdf")]  # blocks


@router.get("/iterdir")
async def iterdir():
    return sorted(child.name for child in Path("/data").iterdir())  # blocks


@router.get("/glob")
async def in_glob():
    return glob.glob("/data/**/*.csv", recursive=True)  # blocks


@router.get("/listdir")
async def in_listdir(folder: str):
    return listdir(folder)  # blocks


@router.get("/scandir")
async def in_scandir(folder: str):
    return [entry.name for entry in scandir(folder)]  # blocks


@router.get("/walk")
async def walk(folder: str):
    size = 0
    for root, _, names in os.walk(folder):  # blocks
        size += sum(len(name) for name in names)
    return size


@router.get("/remove")
async def in_remove(name: str):
    remove(name)  # blocks


@router.get("/rmtree")
async def in_rmtree(folder: str):
    rmtree(folder, ignore_errors=True)  # blocks


@router.get("/copy")
async def copy(source: str, target: str):
    shutil.copy(source, target)  # blocks
    shutil.move(target, osp.join("/backup", target))  # blocks


@router.post("/upload")
async def upload(file: UploadFile = File(...)):
    with open(UPLOADS / "x", "wb") as out:  # blocks
        copyfileobj(file.file, out)  # blocks


@router.post("/upload-write")
async def upload_write(file: UploadFile):
    data = await file.read()
    with open(f"/tmp/{file.filename}", "wb") as out:  # blocks
        out.write(data)  # blocks


@router.post("/upload-chunks")
async def upload_chunks(file: UploadFile):
    with open("/tmp/big", "wb") as out:  # blocks
        while chunk := await file.read(65536):
            out.write(chunk)  # blocks


@router.post("/upload-file")
async def upload_file(file: UploadFile):
    return len(file.file.read())  # blocks


@router.get("/temp")
async def temp(text: str):
    with NamedTemporaryFile("w", suffix=".txt", delete=False) as out:  # blocks
        out.write(text)  # blocks
    return out.name


@router.get("/temp-folder")
async def temp_folder():
    with TemporaryDirectory() as folder:  # blocks
        return folder


@router.get("/mkdtemp")
async def mkdtemp():
    return tempfile.mkdtemp()  # blocks


@router.get("/zip")
async def in_zip(folder: str):
    with zipfile.ZipFile("/tmp/all.zip", "w") as archive:  # blocks
        archive.write(folder)  # blocks


@router.get("/unzip")
async def unzip(name: str):
    ZipFile(name).extractall("/tmp/out")  # blocks


@router.get("/tar")
async def tar(folder: str):
    with tarfile.open("/tmp/all.tar.gz", "w:gz") as archive:  # blocks
        archive.add(folder)  # blocks


@router.get("/make-archive")
async def make_archive(folder: str):
    return shutil.make_archive("/tmp/all", "zip", folder)  # blocks


@router.get("/gzip")
async def in_gzip(name: str):
    with gzip.open(name, "rt") as f:  # blocks
        return f.read()  # blocks


@router.get("/csv")
async def read_csv(name: str):
    return pd.read_csv(name).to_dict("records")  # blocks


@router.get("/excel")
async def to_excel(name: str):
    pd.DataFrame([{"a": 1}]).to_excel(name)  # blocks


@router.get("/parquet")
async def parquet(name: str):
    frame = pd.read_parquet(name)  # blocks
    frame.to_parquet(f"{name}.copy")  # blocks


@router.get("/numpy")
async def numpy_load(name: str):
    return np.load(name).tolist()  # blocks


@router.get("/fsync")
async def fsync(descriptor: int):
    os.fsync(descriptor)  # blocks


@router.get("/disk")
async def disk(folder: str):
    return shutil.copytree(folder, f"{folder}.bak")  # blocks


@router.get("/parts-of-a-table")
async def parts_of_a_table(name: str, title: str):
    frame = pd.read_csv(name)  # blocks
    frame = frame[frame["title"] == title]
    frame["size"] = frame["text"].apply(len)  # blocks
    largest = frame.loc[frame["size"] > 3].sort_values("size")  # blocks
    return largest[["title", "size"]].to_dict("records")  # blocks
