"""E-mail."""

import smtplib
from email.message import EmailMessage
from smtplib import SMTP, SMTP_SSL

import postmarker.core
import resend
import sendgrid
import yagmail
from fastapi import APIRouter
from mailjet_rest import Client as Mailjet
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail

router = APIRouter()


class Mailer:
    def __init__(self, host: str) -> None:
        self.host = host

    def send(self, message: EmailMessage) -> None:
        with smtplib.SMTP(self.host) as server:
            server.starttls()
            server.send_message(message)


@router.post("/smtp")
async def smtp(to: str):
    with SMTP("mail") as server:  # blocks
        server.sendmail("a@example.com", to, "hi")  # blocks


@router.post("/smtp-steps")
async def smtp_steps(to: str):
    server = smtplib.SMTP("mail", 587)  # blocks
    server.starttls()  # blocks
    server.login("a", "b")  # blocks
    server.send_message(EmailMessage())  # blocks
    server.quit()  # blocks


@router.post("/smtp-ssl")
async def smtp_ssl(to: str):
    with SMTP_SSL("mail", 465) as server:  # blocks
        server.login("a", "b")  # blocks


@router.post("/mailer")
async def mailer(to: str):
    Mailer("mail").send(EmailMessage())  # blocks


@router.post("/sendgrid")
async def in_sendgrid(to: str):
    SendGridAPIClient("key").send(Mail("a", to, "s", "t"))  # blocks


@router.post("/sendgrid-raw")
async def sendgrid_raw():
    sg = sendgrid.SendGridAPIClient(api_key="key")
    return sg.client.mail.send.post(request_body={}).status_code  # blocks


@router.post("/resend")
async def in_resend(to: str):
    return resend.Emails.send({"to": to})  # blocks


@router.post("/yagmail")
async def in_yagmail(to: str):
    yagmail.SMTP("a").send(to, "subject", "text")  # blocks


@router.post("/mailjet")
async def mailjet():
    return Mailjet(auth=("a", "b")).send.create(data={}).status_code  # blocks


@router.post("/postmark")
async def postmark(to: str):
    postmarker.core.PostmarkClient("t").emails.send(To=to)  # blocks
