"""Other programs."""

import os
import subprocess
import subprocess as sp
from os import popen, system
from subprocess import PIPE, Popen, check_output, run

import git
import pexpect
from fastapi import APIRouter
from git import Repo

router = APIRouter()


@router.get("/run")
async def in_run(name: str):
    return subprocess.run(["ffmpeg", "-i", name], capture_output=True).returncode  # blocks


@router.get("/run-from")
async def run_from():
    return run("df -h", shell=True, text=True, stdout=PIPE).stdout  # blocks


@router.get("/run-alias")
async def run_alias():
    sp.check_call(["sync"])  # blocks
    return sp.getoutput("uptime")  # blocks


@router.get("/output")
async def output():
    return check_output(["git", "rev-parse", "HEAD"], text=True).strip()  # blocks


@router.get("/popen")
async def in_popen(name: str):
    process = Popen(["convert", name, "out.png"], stdout=PIPE)  # blocks
    out, _ = process.communicate()  # blocks
    return out.decode()


@router.get("/popen-wait")
async def popen_wait(name: str):
    with subprocess.Popen(["gs", name]) as process:  # blocks
        return process.wait(timeout=30)  # blocks


@router.get("/popen-lines")
async def popen_lines():
    process = subprocess.Popen(["journalctl"], stdout=subprocess.PIPE, text=True)  # blocks
    return [line for line in process.stdout]  # blocks


@router.get("/system")
async def in_system(name: str):
    return system(f"touch {name}")  # blocks


@router.get("/os-system")
async def os_system():
    os.system("sync")  # blocks


@router.get("/os-popen")
async def os_popen():
    return popen("uptime").read()  # blocks


@router.get("/waitpid")
async def waitpid(pid: int):
    return os.waitpid(pid, 0)[1]  # blocks


@router.get("/clone")
async def clone(url: str):
    repo = Repo.clone_from(url, "/tmp/clone")  # blocks
    repo.git.checkout("main")  # blocks
    return str(repo.head.commit)


@router.get("/pull")
async def pull():
    git.Repo("/srv/data").remotes.origin.pull()  # blocks


@router.get("/expect")
async def expect(host: str):
    child = pexpect.spawn(f"ssh {host}")  # blocks
    child.expect("password:")  # blocks
    return child.before
