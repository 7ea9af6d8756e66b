import smtplib
from email.mime.text import MIMEText

import config


class Mailer:
    sender = 'desk@clinic.example'

    def send(self, to, subject, text):
        msg = MIMEText(text)
        msg['Subject'] = subject
        msg['From'] = self.sender
        msg['To'] = to
        server = smtplib.SMTP(*config.SMTP)
        try:
            server.sendmail(self.sender, [to], msg.as_string())
        finally:
            server.quit()


def send_confirmation(email: str, doctor: str, slot: str):
    Mailer().send(email, 'Your appointment', f'{doctor} expects you at {slot}.\n')


def send_cancellation(email: str, visit_id: int):
    Mailer().send(email, 'Cancelled', f'Appointment {visit_id} is cancelled.\n')
