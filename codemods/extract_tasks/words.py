"""Words that the decision goes by: names of calls, of types and of files."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILE_KINDS = words("pdf image video document archive")
TELLING_KINDS = words("email sms push message http")

# types
JSON_TYPES = words("str int float bool None")
RESTORED_TYPES = words(
    """datetime date time timedelta UUID Decimal Path PurePath PosixPath EmailStr NameEmail HttpUrl AnyUrl
    AnyHttpUrl PositiveInt NonNegativeInt complex"""
)
WRITTEN_AS_TEXT = words(
    """str datetime date time timedelta UUID Decimal Path PurePath PosixPath NameEmail HttpUrl AnyUrl
    AnyHttpUrl complex"""
)
"""Which of them a text in the JSON was, only the annotation says; an `EmailStr` is a `str`."""
WRITTEN_AS_LIST = words("list set frozenset tuple sequence")
CONTAINERS = words(
    """list dict set frozenset tuple List Dict Set FrozenSet Tuple Optional Union Literal Sequence Mapping
    Annotated"""
)
JSON_CONTAINERS = words("list dict List Dict Sequence Mapping Optional Union Any object")
PARSERS = words(
    """json.load json.loads orjson.loads ujson.loads requests.Response.json httpx.Response.json
    httpx2.Response.json starlette.requests.Request.json"""
)
"""What gives values of JSON and no others, called without options."""
BARE_CONTAINERS = words("list dict List Dict set tuple Sequence Mapping")
LOST_TYPES = words(
    """bytes bytearray memoryview SecretStr SecretBytes Session AsyncSession Request Response UploadFile
    BinaryIO TextIO IO BytesIO StringIO Callable WebSocket BackgroundTasks Connection Engine Image
    EmailMessage SMTP"""
)

# calls that are over at once and change nothing
FREE_CALLS = words(
    """str repr int float bool len format min max abs round sorted list dict tuple set isinstance getattr
    hasattr enumerate zip range any all sum"""
)
FREE_METHODS = words(
    """strip lstrip rstrip lower upper title capitalize replace join format split isoformat strftime get
    items keys values startswith endswith copy model_dump dict hex encode decode date time timestamp
    count index removeprefix removesuffix"""
)
PURE_METHODS = FREE_METHODS | words(
    """model_dump_json json exists is_file is_dir with_name with_suffix joinpath resolve relative_to
    read_text read_bytes write_text write_bytes open mkdir total_seconds astimezone quantize"""
)
CHANGING_METHODS = words(
    """append add update pop setdefault extend insert remove clear discard popitem appendleft popleft
    sort reverse extendleft rotate move_to_end __setitem__ __delitem__"""
)
CHANGE_FIRST = words(
    """next setattr delattr shuffle setitem delitem heapify heappop heappush heappushpop heapreplace insort
    insort_left insort_right"""
)
"""Functions that change what they are given first."""
BUILTIN_CHANGES = words("next setattr delattr")
"""Those of them that change no container, and are methods of somebody elsewhere: `reader.next(size)`."""
CHANGEABLE = words("dict list set")
"""Built-in types whose methods are called on the type too: `list.append(names, name)`"""
TEXT_METHODS = words(
    """strip lstrip rstrip lower upper title capitalize replace join format removeprefix removesuffix
    casefold zfill isoformat strftime hexdigest model_dump_json decode"""
)
TRUTH_METHODS = words("startswith endswith isdigit isalpha isnumeric isalnum")
HTTP_LIBRARIES = words("requests httpx httpx2")
LOG_METHODS = words("debug info warning warn error exception critical log")
REPORTS = words("capture_exception capture_message print_exc")
NEEDS_EXCEPTION = words("exc_info format_exc print_exc exception")
_CONNECTS = words(
    "connect login starttls ehlo helo noop vrfy verify quit close set_debuglevel __enter__ __exit__"
)
STARTS = words("subprocess.Popen subprocess.call subprocess.check_call subprocess.check_output os.system")
QUEUES_WORK = words("delay apply_async send_task kiq enqueue enqueue_job")
REMOVES = words("remove unlink rmtree close quit cleanup removedirs")
TOUCHES_FILES = words("open save write_bytes write_text write read_bytes read_text output remove unlink")
CHANGES_CACHE = words(
    "set setex setnx mset incr incrby decr delete hset hmset expire lpush rpush sadd zadd publish"
)
CHANGES_FILES = words(
    """write_text write_bytes mkdir makedirs touch rename replace unlink remove rmdir rmtree move copy copy2
    copyfile copytree symlink"""
)
STORES = words("add add_all flush commit refresh rollback")
SESSION_WRITES = words("add add_all delete merge flush bulk_save_objects bulk_insert_mappings")

# who delivers messages, over HTTP
MESSAGE_APIS = {
    "email": words(
        """api.brevo.com api.eu.mailgun.net api.eu.sparkpost.com api.mailersend.com api.mailgun.net
        api.mailjet.com api.postmarkapp.com api.resend.com api.sendgrid.com api.smtp2go.com api.sparkpost.com
        mandrillapp.com"""
    ),
    "sms": words(
        """api.africastalking.com api.green-api.com api.kavenegar.com api.messagebird.com api.msg91.com
        api.nexmo.com api.textlocal.in api.twilio.com api.ultramsg.com control.msg91.com messages.twilio.com
        rest.nexmo.com waba-v2.360dialog.io www.fast2sms.com"""
    ),
    "push": words(
        """api.onesignal.com api.pushover.net api.telegram.org discord.com exp.host fcm.googleapis.com
        hooks.slack.com onesignal.com"""
    ),
}

# names of functions
LEADING_WORDS = words(
    "create add post update get put patch handle api do upload new save store make process submit"
)
TRAILING_WORDS = words("endpoint route handler view api async sync service")
VAGUE_NAMES = words(
    """send run notify deliver process execute generate create build render save do call handle main
    perform start dispatch submit post push emit write mail"""
)

# clocks that count from a moment of their own
STOPWATCHES = words(
    """monotonic monotonic_ns perf_counter perf_counter_ns process_time process_time_ns thread_time
    thread_time_ns"""
)

# uploads
UPLOAD_FIELDS = {"filename": "str | None", "content_type": "str | None", "size": "int | None"}
UPLOAD_METHODS = words("read seek close")


def is_connecting(name: str) -> bool:
    """Does a call of that name, or of a class, reach a mail server and say nothing to anybody?"""
    return name in _CONNECTS or name[:1].isupper()
