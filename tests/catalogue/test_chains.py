"""Work that starts at the end of a chain of calls of a library is found there."""

from __future__ import annotations

import pytest
from small_projects import migrate_main


@pytest.mark.parametrize(
    ("imported", "work"),
    [
        ("import ffmpeg", "ffmpeg.input(key).output('a.mp4').run()"),
        (
            "import ffmpeg",
            "ffmpeg.input(key).filter('fps', fps=9).hflip().output('a.mp4').overwrite_output().run()",
        ),
        (
            "import ffmpeg",
            "ffmpeg.concat(ffmpeg.input(key), ffmpeg.input('b.mp4')).output('a.mp4').run(quiet=True)",
        ),
        ("from barcode import Code128", "Code128(key).save('a')"),
        ("import barcode", "barcode.get('ean13', key).save('a')"),
        ("from wordcloud import WordCloud", "WordCloud().generate(key).to_file('a.png')"),
        ("import plotly.express as px", "px.bar(x=[1], y=[2]).write_image(key)"),
        ("from redmail import gmail", "gmail.send(subject='s', receivers=[key])"),
        (
            "from googleapiclient.discovery import build",
            "build('gmail', 'v1').users().messages().send(userId='me', body={'raw': key}).execute()",
        ),
        ("import boto3", "boto3.client('sns').publish(PhoneNumber=key, Message='m')"),
        ("import boto3", "boto3.resource('sns').Topic('t').publish(Message=key)"),
        ("import africastalking", "africastalking.SMS.send('m', [key])"),
        ("from fillpdf import fillpdfs", "fillpdfs.write_fillable_pdf('a.pdf', 'b.pdf', {'a': key})"),
    ],
)
@pytest.mark.parametrize("is_async", [False, True])
def test_the_end_of_a_chain_is_slow_work(imported: str, work: str, is_async: bool) -> None:
    head = f"{imported}\n\n\n@app.post('/r')\n{'async ' * is_async}def r(key: str):\n"
    done = migrate_main(f"{head}    {work}\n    return {{}}\n")
    assert f"    {work}\n" in done.texts["app/domain/tasks.py"]


@pytest.mark.parametrize(
    ("imported", "built"),
    [
        ("import ffmpeg", "ffmpeg.input(key).output('a.mp4').compile()"),
        ("import ffmpeg", "ffmpeg.input(key).filter('fps', fps=9).output('a.mp4')"),
        ("import barcode", "barcode.get('ean13', key).get_fullcode()"),
        ("import face_recognition", "face_recognition.compare_faces([[1]], [2])"),
    ],
)
def test_what_only_builds_stays(imported: str, built: str) -> None:
    text = f"{imported}\n\n\n@app.post('/r')\nasync def r(key: str):\n    return str({built})\n"
    assert migrate_main(text).is_unchanged


@pytest.mark.parametrize(
    ("imported", "asked"),
    [
        ("import yfinance as yf", "yf.Ticker(key).history(period='1d')"),
        ("import wikipedia", "wikipedia.summary(key)"),
        ("import googlemaps", "googlemaps.Client(key='k').geocode(key)"),
        ("from deep_translator import GoogleTranslator", "GoogleTranslator(target='de').translate(key)"),
        ("import ffmpeg", "ffmpeg.probe(key)"),
        ("from html2image import Html2Image", "Html2Image().screenshot(html_str=key, save_as='a.png')"),
        ("from google.cloud import texttospeech", "texttospeech.TextToSpeechClient().list_voices(key)"),
        ("import braintree", "braintree.Transaction.find(key)"),
    ],
)
def test_an_answer_of_somebody_else_is_waited_for_in_a_thread(imported: str, asked: str) -> None:
    text = f"{imported}\n\n\n@app.post('/r')\nasync def r(key: str):\n    return {asked}\n"
    assert "await run_in_threadpool(" in migrate_main(text).function("app/main.py", "r")


@pytest.mark.parametrize("chosen", ["['n']", "[['n', 'm']]", ""])
def test_what_is_made_of_groups_is_a_table(chosen: str) -> None:
    head = "import asyncio\nimport pandas\n\n\n@app.get('/r')\nasync def r(kept: dict):\n"
    body = f"    sums = pandas.DataFrame(kept).groupby('kind'){chosen}.sum()\n    await asyncio.sleep(0)\n"
    text = migrate_main(f"{head}{body}    return sums.to_json()\n").texts["app/main.py"]
    assert "    return await run_in_threadpool(sums.to_json)\n" in text
