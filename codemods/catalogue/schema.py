"""One TOML table -> an `Owner`: a module with its functions, or a class with its methods.

The form of the files beside this one, of `[tool.async-fix.catalogue]`, and of files that the config names in
`catalogue = ["..."]` (these two need no `roots`, and win call by call):

    roots = 'acme acme_tools'          # first line: the top-level packages that the file speaks of
    distribution = 'acme-sdk'          # what to install; [distributions] where it differs by package

    [aliases]                          # canonical name = other names of the same module, class or function
    "acme.Client" = 'acme.client.Client'

    [acme]                             # a module: functions, and classes without a table of their own
    category = 'http'                  # needed as soon as something blocks
    fast = 'version'                   # below 1 ms, no input or output, no waiting
    blocking = 'fetch'                 # waits
    slow = 'render'                    # work that belongs in a task: mail, pictures, documents...
    await = 'fetch_async'              # also: keep, async-for, async-with, "await+async-for"...
    twins."acme.fetch_async" = 'fetch' # what does the same without blocking
    returns."acme.Client" = 'connect'  # `str`, `list[str]` and `dict[str, list[int]]` are understood
    subclasses."builtins.Exception" = 'AcmeError'
    transparent = 'retry'              # decorators under which a coroutine function still works
    sync-by = 'execute_sync'           # but for who calls a method of that name, which awaits nothing
    streamed."acme.Stream" = 'fetch'   # what it gives with `stream=True`
    instant."wait@1=False" = 'fetch'   # does not wait with wait=False, nor with False as the second argument
    accepts = 'on_event'               # takes a function, and awaits what it gives where it is a coroutine
    given-by = 'acme_pool'             # clients of that library give objects of this one
    cheap = 'exists'                   # blocks for less than it takes to begin in a thread: what only asks,
                                       # or changes, what a folder says of a file (0.05 ms on a local disk)
    note.fetch = 'one line for people'

    ["acme.Client"]                    # a class: methods
    bases = 'acme.Base'
    twin = 'acme.AsyncClient'          # methods have the twin of their own name; a class that has both kinds
                                       # is its own twin, and `twins` names those of its methods
    mirror = true                      # all methods of the twin are like these, awaited
    blocking = '*'                     # every method that stands in no other list
    unknown = 'call'                   # what the star does not speak for; '*': what no list has
    manual = 'upload'                  # the twin needs more than an `await`
    attributes.str = 'name'
    returns."acme.Client" = '*'        # what the methods of the star give
    reads = 'status'                   # those of its calls that are attributes: reading one does the work
    exact = 'send'                     # awaited, they give and raise the same
                                       # (functions of a module too: each becomes the one in `twins`; so
                                       # do methods of a class that nobody makes, called on the class itself)
    options = 'token timeout'          # mean the same when the twin is made: a client that is made once and
                                       # whose calls are all exact becomes its twin, one for each event loop,
                                       # and is closed by `await aclose()` or `await close()`, if it has one
    positional = 'token'               # options that both constructors take by their place, from the first on
    needs = 'aiohttp>=3.8'             # what the twin is installed with beside the library
    since = '2.8'                      # the first version of the distribution that has the twin
    unlike = 'urllib.error'            # errors (or one of them) that calls raise on a broken line, and the
                                       # twin others: a project that names them keeps the client
    no-twin = 'it has no async client' # why its calls go to a thread: what is told behind "because"
    unless = 'acme.proxy'              # exact calls stay where a file that names the library has one of these
                                       # in its text: settings that the async calls do not know
    through = 'aio'                    # the twin is this attribute of a client of this class
    client = 'client'                  # its exact functions work on a client of the library, which is their
                                       # first argument, of this name: they turn with it
    alone = true                       # serves one thread at a time: two that use one at once mix up its work
    shielded = true                    # its twin, entered by a `with`, is closed though all that waits is
                                       # cancelled, as a response of httpx is
    opens = 'take wait'                # made without open=False, the client is open, and its twin waits for
                                       # `await open()`: a class beside the clients does so in these
    made-by = 'acme.connect'           # what gives a client with these options, beside its class
    differs.search = 'on_page'         # arguments for which an exact call wants something else of the twin
    plain.upload = 'name data'         # its first arguments, in their order: an exact call wants them to be
                                       # texts, bytes or numbers, for a file would be read on the event loop
    plain.__init__ = 'token'           # the same of options, which may be objects of another kind
    hands."acme.Batch" = 'in_batch'    # gives one of these to the function that is its first argument, and
                                       # its twin awaits that

Wrong is worse than missing: `fast` is for what is certainly fast on ordinary input. `virtual` marks a class
that cannot be imported, `class` corrects the guess by the first letter, and `new` says what making an
instance does.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .entry import CallForm, Effect

CATEGORIES = frozenset(
    [
        "http",
        "sleep",
        "file",
        "process",
        "database",
        "cache",
        "queue",
        "lock",
        "network",
        "cpu",
        "password-hashing",
        "email",
        "pdf",
        "image",
        "video",
        "sms",
        "push",
        "document",
        "archive",
        "ml",
        "cloud",
        "sdk",
        "loop",
        "orm-session",
    ]
)

Call = tuple[Effect, CallForm | None]
"""Effect and call form; a form of None follows from the twin."""

CALLS: Mapping[str, Call] = {
    "fast": (Effect.FAST, None),
    "blocking": (Effect.BLOCKING, None),
    "slow": (Effect.SLOW, None),
    "keep": (Effect.ASYNC, CallForm.KEEP),
    "await": (Effect.ASYNC, CallForm.AWAIT),
    "async-with": (Effect.ASYNC, CallForm.ASYNC_WITH),
    "async-for": (Effect.ASYNC, CallForm.ASYNC_FOR),
    "await+async-for": (Effect.ASYNC, CallForm.AWAIT_ASYNC_FOR),
    "await+async-with": (Effect.ASYNC, CallForm.AWAIT_ASYNC_WITH),
}


class Owner(msgspec.Struct, frozen=True):
    """Everything that one table says. None and empty mean that it says nothing."""

    name: str
    file: str
    is_class: bool
    new: Call | None = None
    bases: tuple[str, ...] = ()
    twin: str | None = None
    mirror: bool = False
    """The twin has the same methods, each to be awaited; a table of its own says what differs."""
    virtual: bool = False
    """The class cannot be imported: it is known as the type of something only."""
    category: str | None = None
    distribution: str | None = None
    source: str | None = None
    calls: Mapping[str, Call] = msgspec.field(default_factory=dict)
    returns: Mapping[str, str] = msgspec.field(default_factory=dict)
    attributes: Mapping[str, str] = msgspec.field(default_factory=dict)
    categories: Mapping[str, str] = msgspec.field(default_factory=dict)
    twins: Mapping[str, str] = msgspec.field(default_factory=dict)
    notes: Mapping[str, str] = msgspec.field(default_factory=dict)
    streamed: Mapping[str, str] = msgspec.field(default_factory=dict)
    instant: Mapping[str, str] = msgspec.field(default_factory=dict)
    subclasses: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Classes of a module that have no table of their own, each with its base class or an empty text."""
    options: frozenset[str] = frozenset()
    """Arguments of the constructor that the twin takes in the same way."""
    positional: tuple[str, ...] = ()
    """Those that both take by their place, too, from the first on."""
    needs: str | None = None
    since: str | None = None
    through: str | None = None
    unknown: frozenset[str] = frozenset()
    """What a wildcard does not speak for."""
    exact: frozenset[str] = frozenset()
    """`*` stands for all."""
    transparent: frozenset[str] = frozenset()
    sync_by: frozenset[str] = frozenset()
    """Decorators that give the function back or know coroutine functions; `*` stands for all."""
    accepts: frozenset[str] = frozenset()
    """Calls whose arguments may be coroutine functions."""
    reads: frozenset[str] = frozenset()
    """Entries that are attributes, such as properties: what they do is done when they are read."""
    made_by: frozenset[str] = frozenset()
    """Functions that give a client, with the same options."""
    differs: Mapping[str, str] = msgspec.field(default_factory=dict)
    """By the exact call, keywords that mean something else for the twin, with spaces between."""
    plain: Mapping[str, str] = msgspec.field(default_factory=dict)
    """By the exact call, its first arguments that must be known as texts, bytes or numbers."""
    hands: Mapping[str, str] = msgspec.field(default_factory=dict)
    """By calls that call their first argument, the class of what they hand to it first."""
    unlike: frozenset[str] = frozenset()
    """Modules with errors of the calls for which the twin has others."""
    unless: tuple[str, ...] = ()
    """Texts beside the name of the library that keep exact calls as they are."""
    no_twin: str | None = None
    """Why calls that are not exact stay as they are."""
    given_by: str | None = None
    """The library whose clients give objects of this one."""
    client: str | None = None
    """The first argument of exact functions, a client of the library."""
    opens: tuple[str, ...] = ()
    """The methods of the twin that may be asked first, and open it."""
    cheap: frozenset[str] = frozenset()
    """Calls that block for less than a thread takes."""
    alone: bool = False
    """One object of the class serves one thread at a time."""
    shielded: bool = False
    """The end of its `with` is not cancelled, once it is async."""

    def over(self, other: Owner) -> Owner:
        """This table on top of another one of the same name: call by call, key by key."""
        merged: dict[str, object] = {}
        for key in self.__struct_fields__:
            mine, theirs = getattr(self, key), getattr(other, key)
            if isinstance(mine, Mapping):
                merged[key] = {**theirs, **mine}
            elif isinstance(mine, frozenset):
                merged[key] = mine | theirs
            elif key in ("name", "file"):
                merged[key] = mine
            else:
                merged[key] = mine or theirs
        return Owner(**merged)  # type: ignore[arg-type]
