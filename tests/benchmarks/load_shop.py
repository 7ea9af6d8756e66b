"""What a migration wins under load: the shop of the README before and after, one uvicorn worker each.

    python tests/benchmarks/load_shop.py [--users 200] [--mail 2] [--upstream 0.5] [--plot under_load.png]

All users come at once: each orders something (which mails a confirmation), asks for a price (which asks
the supplier) and downloads an invoice (a PDF), and one in ten reads the reviews of a partner. After the
migration, one Taskiq worker sends the mails. Prints the answers per second, p50 and p99, the longest time in
which the event loop stood still, the memory of the server, and when the last mail came. Not a test: it
measures a machine.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from load import HEARTBEAT, PAUSE, PROJECTS, TIMEOUT, Ask, Pulse, Rush, pulse, rush
from replaying.processes import Project
from replaying.replay import World
from replaying.serving import around_it, server, worker
from replaying.stubs import RedisServer, wait_until

READS_REVIEWS = 10
"""One user of so many."""
ACCOUNT = {"email": "eva@example.com", "name": "Eva", "password": "correct horse"}


@dataclass(frozen=True)
class Measured:
    rush: Rush
    pulse: Pulse
    mails: int
    all_mails: float
    """Seconds after the first user came."""


def main() -> None:
    options = _options()
    found: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory() as folder:
        project = Project(PROJECTS / "legacy_shop", Path(folder))
        print(_said(options))
        heads = ("answers/s", "p50 s", "p99 s", "errors", "loop stood s", "peak MB", "mails", "last mail s")
        print(f"{'':8}" + "".join(f"{head:>13}" for head in heads))
        for name in ("before", "after"):
            found[name] = _measured(project, name, options, Path(folder) / f"{name}.beats")
            print(f"{name:8}" + "".join(f"{cell:>13}" for cell in _cells(found[name])), flush=True)
    if options.plot:
        _plot(found, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--mail", type=float, default=2.0, help="seconds until a mail is taken")
    parser.add_argument("--upstream", type=float, default=0.5, help="seconds until another API answers")
    parser.add_argument("--plot", type=Path, help="draw it into this PNG; needs matplotlib")
    return parser.parse_args()


def _said(options: argparse.Namespace) -> str:
    given = f"a mail takes {options.mail:g} s, an answer of another API {options.upstream:g} s"
    return f"{options.users} users at once, one server process; {given}"


def _cells(found: Measured) -> tuple[str, ...]:
    seen, heart = found.rush, found.pulse
    return (
        f"{seen.rate:.1f}",
        f"{seen.p50:.2f}",
        f"{seen.p99:.2f}",
        str(seen.errors),
        f"{heart.latest:.2f}",
        f"{heart.peak:.0f}",
        str(found.mails),
        f"{found.all_mails:.1f}",
    )


def _measured(project: Project, name: str, options: argparse.Namespace, beats: Path) -> Measured:
    tree = getattr(project, name)
    before = HEARTBEAT.format(path=str(beats), pause=PAUSE)
    with around_it(project) as (around, environment), RedisServer() as redis:
        environment = {**environment, "TASKIQ_BROKER_URL": redis.url}
        with contextlib.ExitStack() as stack:
            client = stack.enter_context(server(project.case, tree, environment, before))
            if name == "after":
                stack.enter_context(worker(tree, environment))
            headers = _logged_in(client, around)
            around.mail.start_over(options.mail)
            around.http.start_over(options.upstream)
            seen = rush(str(client.base_url), options.users, _Visit(headers))
            mails = _mails(around, options.users)
            return Measured(seen, pulse(beats, seen), mails, time.monotonic() - seen.started)


def _logged_in(client: httpx.Client, around: World) -> dict[str, str]:
    client.post("/users/register", json=ACCOUNT).raise_for_status()
    around.mail.wait_for(1)
    token = client.post("/users/login", json=ACCOUNT).raise_for_status().json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class _Visit:
    headers: dict[str, str]

    async def __call__(self, ask: Ask, number: int) -> None:
        order = {"lines": [{"sku": "chair-1", "quantity": 1 + number % 5}]}
        made = await ask("POST", "/orders", json=order, headers=self.headers)
        await ask("GET", "/products/chair-1/price")
        if made.is_success:
            await ask("GET", f"/orders/{made.json()['id']}/invoice.pdf")
        if number % READS_REVIEWS == 0:
            await ask("GET", "/products/chair-1/reviews")


def _mails(around: World, expected: int) -> int:
    """How many came, when they have all come or no more do."""
    came = 0

    def count() -> bool:
        nonlocal came
        came += len(around.mail.take_mails())
        return came >= expected

    with contextlib.suppress(TimeoutError):
        wait_until(count, "all mails came", TIMEOUT)
    return came


def _plot(found: dict[str, Measured], options: argparse.Namespace) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    colours = {"before": "#b4472f", "after": "#2f6fb4"}
    figure, (loop, answers) = pyplot.subplots(1, 2, figsize=(9, 3.2), width_ratios=(3, 2))
    for name, each in found.items():
        teeth = [
            point for at, late in each.pulse.beats for point in ((at, 0), (at + late, late), (at + late, 0))
        ]
        loop.plot(*zip(*teeth, strict=True), color=colours[name], label=name, linewidth=1)
        times = sorted(each.rush.times)
        share = [100 * (number + 1) / len(times) for number in range(len(times))]
        answers.plot(times, share, color=colours[name], label=name)
    loop.set(title="The event loop stands still", xlabel="seconds", ylabel="for so many seconds")
    answers.set(title="Answered within", xlabel="seconds", ylabel="% of requests", ylim=(0, 100))
    for axes in (loop, answers):
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    figure.suptitle(_said(options), fontsize=9)
    figure.tight_layout()
    figure.savefig(options.plot, dpi=100)


if __name__ == "__main__":
    main()
