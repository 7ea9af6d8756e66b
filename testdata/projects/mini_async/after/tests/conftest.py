import os
import tempfile

os.environ["NOTES_DATA"] = tempfile.mkdtemp(prefix="notes-")
os.environ["TASKIQ_IN_PLACE"] = "1"
