import os

DB_PATH = os.getenv('CLINIC_DB', 'clinic.db')
REDIS_URL = os.getenv('CLINIC_REDIS', 'redis://localhost:6379/0')
LAB_URL = os.getenv('CLINIC_LAB', 'http://lab.local')
SMTP = (os.getenv('CLINIC_SMTP_HOST', 'localhost'), int(os.getenv('CLINIC_SMTP_PORT', '25')))
EXPORT_DIR = os.getenv('CLINIC_EXPORTS', '/tmp')
SECRET = os.getenv('CLINIC_SECRET', 'not so secret')

SESSION_SECONDS = 1800
HASH_ROUNDS = int(os.getenv('CLINIC_HASH_ROUNDS', '200000'))
