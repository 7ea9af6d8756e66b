"""PDF, pictures, office documents, video, speech, models."""

import base64
import io
import pickle

import cv2
import docx
import fitz
import img2pdf
import imageio
import joblib
import matplotlib.pyplot as plt
import openpyxl
import pdfkit
import pikepdf
import pytesseract
import qrcode
import spacy
import torch
import whisper
from docx import Document
from docxtpl import DocxTemplate
from fastapi import APIRouter, UploadFile
from fpdf import FPDF
from gtts import gTTS
from moviepy.editor import VideoFileClip
from pdf2image import convert_from_bytes
from PIL import Image, ImageOps
from pydub import AudioSegment
from pypdf import PdfReader, PdfWriter
from reportlab.platypus import SimpleDocTemplate
from sentence_transformers import SentenceTransformer
from transformers import pipeline
from weasyprint import HTML
from xhtml2pdf import pisa

router = APIRouter()
classifier = pipeline("sentiment-analysis")
encoder = SentenceTransformer("all-MiniLM-L6-v2")
nlp = spacy.load("en_core_web_sm")
model = joblib.load("model.pkl")
ears = whisper.load_model("base")


@router.get("/weasy")
async def weasy(html: str):
    return HTML(string=html).write_pdf()  # blocks


@router.get("/pdfkit")
async def in_pdfkit(html: str):
    return pdfkit.from_string(html, False)  # blocks


@router.get("/reportlab")
async def reportlab():
    SimpleDocTemplate(io.BytesIO()).build([])  # blocks


@router.get("/fpdf")
async def fpdf():
    pdf = FPDF()
    pdf.add_page()
    return bytes(pdf.output())  # blocks


@router.get("/pisa")
async def in_pisa(html: str):
    pisa.CreatePDF(html, dest=io.BytesIO())  # blocks


@router.post("/extract")
async def extract(file: UploadFile):
    reader = PdfReader(io.BytesIO(await file.read()))  # blocks
    return [page.extract_text() for page in reader.pages]  # blocks


@router.post("/merge")
async def merge():
    writer = PdfWriter()
    writer.append("/tmp/a.pdf")  # blocks
    writer.write("/tmp/b.pdf")  # blocks


@router.post("/fitz")
async def in_fitz(file: UploadFile):
    pdf = fitz.open(stream=await file.read())  # blocks
    return pdf[0].get_text()  # blocks


@router.post("/pikepdf")
async def in_pikepdf():
    with pikepdf.open("/tmp/a.pdf") as pdf:  # blocks
        pdf.save("/tmp/b.pdf")  # blocks


@router.post("/pages")
async def pages(file: UploadFile):
    return len(convert_from_bytes(await file.read()))  # blocks


@router.post("/img2pdf")
async def to_pdf():
    return base64.b64encode(img2pdf.convert(["/tmp/a.png"]))  # blocks


@router.post("/resize")
async def resize(file: UploadFile):
    image = Image.open(file.file)  # either
    image = image.resize((100, 100))  # blocks
    image.save("/tmp/small.png")  # blocks


@router.post("/thumbnail")
async def thumbnail(name: str):
    with Image.open(name) as image:  # blocks
        image.thumbnail((64, 64))  # blocks
        out = io.BytesIO()
        image.convert("RGB").save(out, "JPEG")  # blocks
        return len(out.getvalue())


@router.post("/fit")
async def fit(name: str):
    return ImageOps.fit(Image.open(name), (64, 64)).size  # blocks


@router.post("/cv")
async def cv(name: str):
    image = cv2.imread(name)  # blocks
    cv2.imwrite("/tmp/x.png", cv2.resize(image, (64, 64)))  # blocks


@router.post("/imageio")
async def in_imageio(name: str):
    return imageio.imread(name).shape  # blocks


@router.post("/qr")
async def qr(text: str):
    qrcode.make(text).save("/tmp/qr.png")  # blocks


@router.post("/plot")
async def plot():
    figure, axes = plt.subplots()  # either
    axes.plot([1, 2])  # either
    plt.savefig("/tmp/plot.png")  # blocks


@router.post("/ocr")
async def ocr(name: str):
    return pytesseract.image_to_string(name)  # blocks


@router.post("/workbook")
async def workbook():
    book = openpyxl.load_workbook("/tmp/a.xlsx")  # blocks
    book.save("/tmp/b.xlsx")  # blocks


@router.post("/docx")
async def in_docx():
    document = Document("/tmp/a.docx")  # blocks
    document.save("/tmp/b.docx")  # blocks
    docx.Document().save("/tmp/c.docx")  # blocks


@router.post("/template")
async def template():
    document = DocxTemplate("/tmp/a.docx")  # either
    document.render({})  # blocks
    document.save("/tmp/b.docx")  # blocks


@router.post("/video")
async def video(name: str):
    VideoFileClip(name).write_videofile("/tmp/out.mp4")  # blocks


@router.post("/audio")
async def audio(name: str):
    AudioSegment.from_file(name).export("/tmp/out.mp3")  # blocks


@router.post("/speech")
async def speech(text: str):
    gTTS(text).save("/tmp/out.mp3")  # blocks


@router.post("/classify")
async def classify(text: str):
    return classifier(text)[0]["label"]  # blocks


@router.post("/encode")
async def encode(text: str):
    return encoder.encode(text).tolist()  # blocks


@router.post("/entities")
async def entities(text: str):
    return [e.text for e in nlp(text).ents]  # blocks


@router.post("/predict")
async def predict(x: float):
    return model.predict([[x]])[0]  # blocks


@router.post("/transcribe")
async def transcribe(name: str):
    return ears.transcribe(name)["text"]  # blocks


@router.post("/weights")
async def weights():
    return len(torch.load("/tmp/model.pt"))  # blocks


with open("churn.pkl", "rb") as pickled:
    bundle = pickle.load(pickled)
estimator = bundle["model"]


@router.get("/pickled")
async def pickled_model(x: float):
    return estimator.predict([[x]])[0]  # blocks


@router.get("/pickled-item")
async def pickled_item(x: float):
    return bundle["scaler"].transform([[x]])[0]  # blocks
