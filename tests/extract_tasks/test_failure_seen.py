"""Where the answer tells whether slow work failed, the request waits for it: a task would answer first."""

from __future__ import annotations

import textwrap
from pathlib import Path

from projects import HEAD, MAIN, PACKAGES, ROUTES, migrate, source

MAIL = source(
    """
    import contextlib
    import functools
    import smtplib

    from fastapi import HTTPException


    class MailError(Exception):
        pass


    class Reported:
        ok = True


    state = Reported()


    def send(to):
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@x", to, "x")


    def try_send(to):
        try:
            send(to)
            return True
        except smtplib.SMTPException:
            return False


    def checked(to):
        try:
            send(to)
        except OSError as e:
            raise MailError(str(e)) from e


    def errors_to_http(function):
        @functools.wraps(function)
        def inner(*args):
            try:
                return function(*args)
            except OSError as e:
                raise HTTPException(502, str(e))

        return inner


    @errors_to_http
    def guarded(to):
        send(to)


    @contextlib.contextmanager
    def reported():
        found = Reported()
        try:
            yield found
        except OSError:
            found.ok = False


    def outer(to):
        inner(to)


    def inner(to):
        try:
            send(to)
        except OSError:
            raise HTTPException(502)


    def save_for_later(to):
        print(to)


    def fail():
        raise HTTPException(502)
    """
)
ANSWERS = """

@app.exception_handler(MailError)
def on_mail_error(request, error):
    return JSONResponse({"sent": False}, 502)
"""
IMPORTS = """
import contextlib
import functools
import smtplib
import sys

from fastapi import HTTPException
from fastapi.responses import JSONResponse

from app.mail import MailError, checked, fail, guarded, outer, reported, save_for_later, send, state, try_send
"""
SEEN = {
    "caught": """
        try:
            send(to)
        except smtplib.SMTPException:
            return {"sent": False}
        return {"sent": True}
    """,
    "raised as an HTTP error": """
        try:
            send(to)
        except Exception as e:
            raise HTTPException(502, str(e))
        return {}
    """,
    "answered": """
        ok = try_send(to)
        return {"ok": ok}
    """,
    "tested": """
        if not try_send(to):
            raise HTTPException(502)
        return {}
    """,
    "asserted": """
        assert try_send(to)
        return {}
    """,
    "in an or": """
        try_send(to) or fail()
        return {}
    """,
    "answered by a handler of the application": """
        checked(to)
        return {}
    """,
    "a flag behind what is suppressed": """
        sent = False
        with contextlib.suppress(OSError):
            send(to)
            sent = True
        return {"sent": sent}
    """,
    "in else": """
        try:
            send(to)
        except OSError:
            status = "failed"
        else:
            status = "ok"
        return {"status": status}
    """,
    "a flag that is set behind it": """
        done = False
        try:
            send(to)
            done = True
        except OSError:
            pass
        return {"done": done}
    """,
    "raised anew by a decorator": """
        guarded(to)
        return {}
    """,
    "listed": """
        errors = []
        for each in [to]:
            try:
                send(each)
            except OSError as e:
                errors.append(str(e))
        return {"errors": errors}
    """,
    "counted": """
        n = 0
        for each in [to]:
            try:
                send(each)
                n += 1
            except OSError:
                continue
        return {"n": n}
    """,
    "another one is tried": """
        for each in [to, "b"]:
            try:
                send(each)
                break
            except OSError:
                pass
        else:
            raise HTTPException(502)
        return {}
    """,
    "something else is done": """
        try:
            send(to)
        except OSError:
            save_for_later(to)
        return {}
    """,
    "in any()": """
        return {"any": any(try_send(t) for t in [to])}
    """,
    "in a list": """
        return [try_send(t) for t in [to]]
    """,
    "noted by a context manager": """
        with reported() as r:
            send(to)
        return {"ok": r.ok}
    """,
    "matched": """
        match try_send(to):
            case True:
                return {"a": 1}
            case _:
                return {"a": 0}
    """,
    "named where it is tested": """
        if (ok := try_send(to)):
            print(ok)
        return {"ok": ok}
    """,
    "in a dict": """
        result = dict(ok=try_send(to))
        return result
    """,
    "by a lambda": """
        f = lambda: try_send(to)
        return {"ok": f()}
    """,
    "by a partial": """
        f = functools.partial(try_send, to)
        return {"ok": f()}
    """,
    "in a generator": """
        return {"ok": next(t for t in [to] if try_send(t))}
    """,
    "raised anew further down": """
        outer(to)
        return {}
    """,
    "asked for": """
        try:
            send(to)
        except:
            return {"e": str(sys.exc_info()[0])}
        return {}
    """,
    "tried again": """
        for n in range(3):
            try:
                send(to)
            except OSError:
                if n == 2:
                    raise HTTPException(502)
            else:
                break
        return {}
    """,
    "in a loop that ends with it": """
        tries = 0
        while tries < 3 and not try_send(to):
            tries += 1
        return {"tries": tries}
    """,
    "in an if of a value": """
        return {"s": "ok" if try_send(to) else "no"}
    """,
    "set in the answer": """
        resp = {"sent": True}
        try:
            send(to)
        except OSError:
            resp["sent"] = False
        return resp
    """,
    "set on an object": """
        state.ok = True
        try:
            send(to)
        except OSError:
            state.ok = False
        return {"ok": state.ok}
    """,
    "raised as another": """
        try:
            send(to)
        except OSError as e:
            raise MailError from e
        return {}
    """,
    "answered at once": """
        try:
            send(to)
        except (OSError, ValueError):
            return JSONResponse({}, 502)
        return {}
    """,
    "in an outer try": """
        try:
            try:
                send(to)
            finally:
                print(1)
        except OSError:
            return {"e": 1}
        return {}
    """,
}
FORGOTTEN = {
    "logged only": """
        try:
            send(to)
        except OSError:
            print("failed")
        return {}
    """,
    "plain": """
        send(to)
        return {}
    """,
    "flag ignored": """
        try_send(to)
        return {}
    """,
    "suppressed": """
        with contextlib.suppress(OSError):
            send(to)
        return {}
    """,
    "pass": """
        try:
            send(to)
        except Exception:
            pass
        return {"x": 1}
    """,
}


def test_the_request_waits_where_its_answer_tells_of_a_failure(tmp_path: Path) -> None:
    bodies = [*SEEN.values(), *FORGOTTEN.values()]
    routes = [
        f'@router.post("/{number}")\ndef route_{number}(to: str):\n' + textwrap.indent(source(body), "    ")
        for number, body in enumerate(bodies)
    ]
    main = MAIN.replace("from app.api", "from app.mail import MailError\nfrom app.api")
    main = f"from fastapi.responses import JSONResponse\n{main}{ANSWERS}"
    files = {ROUTES: HEAD + IMPORTS + "\n\n".join(routes), "app/mail.py": MAIL, "app/main.py": main}
    done = migrate(tmp_path, {**PACKAGES, **files})
    moved = [".kiq(" in done.body(f"route_{number}") for number in range(len(bodies))]
    names = [*(f"seen: {each}" for each in SEEN), *(f"forgotten: {each}" for each in FORGOTTEN)]
    assert [name for name, is_moved in zip(names, moved, strict=True) if is_moved] == names[len(SEEN) :]
