"""Processes that work on videos, images and documents: slow work like the libraries that do the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler

MOVES = {
    "run": 'subprocess.run(["ffmpeg", "-i", path, f"{path}.mp4"], check=True)',
    "named": 'cmd = ["/usr/bin/ffmpeg", "-y"]\n    cmd += ["-i", path]\n    subprocess.check_call(cmd)',
    "added": 'subprocess.call(["soffice", "--headless"] + [path])',
    "a text": 'subprocess.run(f"convert {path} out.png", shell=True)',
    "os": 'os.system("wkhtmltopdf page.html " + path)',
    "started": 'subprocess.Popen(["ffmpeg", "-i", path, "out.mp4"])',
    "waited for": 'p = subprocess.Popen(["ffmpeg", "-i", path, "out.mp4"])\n    p.wait(timeout=60)',
    "entered": 'with subprocess.Popen(["ffmpeg", "-i", path, "out.mp4"]) as p:\n        p.communicate()',
    "windows": 'subprocess.check_output(["magick.exe", path, "out.png"])',
}
STAYS = {
    "another program": 'subprocess.run(["git", "fetch", path])',
    "a program of the user's": "subprocess.run([path, '-i'])",
    "one of two": 'cmd = ["ffmpeg", path]\n    if path:\n        cmd = ["git"]\n    subprocess.run(cmd)',
    "asks only": 'subprocess.run(["ffprobe", path])',
    "a parameter": "subprocess.run(path)",
    "a word in it": 'subprocess.run(["ls", "ffmpeg"])',
}


def _migrated(folder: Path, lines: str, rest: str = "return {}") -> Migrated:
    routes = '\n\n@router.post("/h")\ndef h(path: str):\n    '
    return handler(folder, f"import os\nimport subprocess{routes}{lines}\n    {rest}\n")


@pytest.mark.parametrize("lines", MOVES.values(), ids=MOVES)
def test_a_worker_starts_the_program(tmp_path: Path, lines: str) -> None:
    done = _migrated(tmp_path, lines)
    assert "_task.kiq(" in done.body("h")
    assert "subprocess" not in done.body("h")


@pytest.mark.parametrize("lines", STAYS.values(), ids=STAYS)
def test_other_programs_start_in_a_thread(tmp_path: Path, lines: str) -> None:
    done = _migrated(tmp_path, lines)
    assert not done.tasks
    assert "run_in_threadpool" in done.body("h")


def test_the_request_waits_for_a_program_whose_end_it_looks_at(tmp_path: Path) -> None:
    looks = 'done = subprocess.run(["ffmpeg", "-i", path, "out.mp4"])'
    done = _migrated(tmp_path, looks, "return done.returncode")
    assert not done.tasks
    assert "run_in_threadpool" in done.body("h")
    assert any("done" in why for why in done.stays)


def test_a_file_that_the_program_writes_and_the_answer_reads_is_waited_for(tmp_path: Path) -> None:
    lines = 'subprocess.run(["ffmpeg", "-i", path, "out.mp4"])'
    done = _migrated(tmp_path, lines, 'return open("out.mp4").read()')
    assert "kiq" not in done.body("h")


def test_a_failure_that_becomes_an_answer_is_waited_for(tmp_path: Path) -> None:
    lines = """try:
        subprocess.run(["ffmpeg", "-i", path, "out.mp4"], check=True)
    except subprocess.CalledProcessError:
        return {"failed": True}"""
    assert not _migrated(tmp_path, lines).tasks


def test_a_helper_that_starts_it_is_queued_behind_the_response(tmp_path: Path) -> None:
    text = """
    from fastapi import BackgroundTasks

    from app.media import transcode


    @router.post("/h")
    async def h(path: str, background: BackgroundTasks):
        background.add_task(transcode, path)
        return {}
    """
    media = (
        "import subprocess\n\n\ndef transcode(path: str) -> bool:\n"
        '    done = subprocess.run(["ffmpeg", "-i", path, "out.mp4"])\n    return done.returncode == 0\n'
    )
    done = handler(tmp_path, text, media=media)
    assert "await transcode_task.kiq(path)" in done.body("h")


KEPT = {
    "by the module": 'running[path] = subprocess.Popen(["ffmpeg", "-i", path, "out.mp4"])',
    "by its number": """p = subprocess.Popen(["ffmpeg", "-i", path, "out.mp4"])
    with open("ffmpeg.pid", "w") as file:
        file.write(str(p.pid))""",
    "as it failed": """p = subprocess.Popen(["ffmpeg", "-i", path, "out.mp4"])
    if p.wait():
        return {"failed": True}""",
}


@pytest.mark.parametrize("lines", KEPT.values(), ids=KEPT)
def test_a_process_that_the_web_process_keeps_is_started_by_it(tmp_path: Path, lines: str) -> None:
    routes = '\n\n@router.post("/h")\ndef h(path: str):\n    '
    text = f"import subprocess\n\nrunning = {{}}\n{routes}{lines}\n    return {{}}\n"
    done = handler(tmp_path, text)
    assert not done.tasks
    assert "run_in_threadpool" in done.body("h")


def test_a_process_that_streams_to_the_client_is_read_in_the_request(tmp_path: Path) -> None:
    lines = 'p = subprocess.Popen(["ffmpeg", "-i", path, "-"], stdout=subprocess.PIPE)'
    done = _migrated(tmp_path, lines, "return StreamingResponse(p.stdout)")
    assert not done.tasks
