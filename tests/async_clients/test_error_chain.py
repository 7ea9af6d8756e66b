"""`except` clauses above an awaited twin: mapped in every caller, once for each `try`."""

from __future__ import annotations

from client_programs import HEAD, changed, migrate

GATEWAY = changed("""
    import requests


    def send(text: str):
        response = requests.post("http://sms", json={"text": text}, timeout=2)
        response.raise_for_status()
        return response.json()["id"]
""")


def files(routes: str, gateway: str = GATEWAY, **more: str) -> dict[str, str]:
    head = HEAD.lstrip("\n").replace("import requests\n", "import requests\n", 1)
    head = head.replace("HTTPException\n", "HTTPException\n\nfrom app.gateway import send\n", 1)
    found = {"app/routes.py": head + changed(routes), "app/gateway.py": gateway}
    return found | {path.replace("__", "/") + ".py": changed(text) for path, text in more.items()}


def test_the_clause_of_a_caller_follows() -> None:
    outcome = migrate(
        files("""
        @router.post("/verify")
        def verify(text: str):
            try:
                return send(text)
            except requests.RequestException as exc:
                raise HTTPException(502, "not accepted") from exc
    """)
    )
    assert outcome.body == changed("""
        @router.post("/verify")
        async def verify(text: str):
            try:
                return await send(text)
            except (
                httpx.HTTPError,
                httpx.InvalidURL,
                json.JSONDecodeError,
                UnicodeDecodeError,
            ) as exc:
                raise HTTPException(502, "not accepted") from exc
    """)
    assert outcome.text.startswith("import json\n\nimport httpx\nfrom fastapi")
    assert "requests" not in outcome.texts["app/gateway.py"]


def test_two_levels_up_and_through_a_comprehension() -> None:
    gateway = GATEWAY + "\n\ndef send_all(texts: list[str]):\n    return [send(text) for text in texts]\n"
    outcome = migrate(
        files(
            """
        from app.gateway import send_all


        @router.post("/verify")
        def verify(texts: list[str]):
            try:
                return send_all(texts)
            except requests.HTTPError as exc:
                raise HTTPException(exc.response.status_code)
    """,
            gateway,
        )
    )
    assert "except httpx.HTTPStatusError as exc:" in outcome.text
    assert "return [await send(text) for text in texts]" in outcome.texts["app/gateway.py"]


def test_requests_stays_in_the_clause_while_something_below_calls_it() -> None:
    outcome = migrate(
        files("""
        @router.post("/verify")
        def verify(text: str):
            try:
                found = send(text)
                with requests.get("http://x", stream=True) as r:
                    found += r.text
            except requests.RequestException as exc:
                raise HTTPException(502) from exc
            return found
    """)
    )
    assert "except (\n        requests.RequestException,\n        httpx.HTTPError," in outcome.text


def test_one_try_around_two_twins_is_changed_once() -> None:
    outcome = migrate(
        files("""
        @router.post("/verify")
        def verify(text: str):
            try:
                requests.put("http://x", json=text)
                send(text)
            except (requests.ConnectionError, requests.Timeout, KeyError):
                raise HTTPException(502)
    """)
    )
    assert outcome.text.count("httpx.TimeoutException") == 1
    assert "KeyError" in outcome.text
    assert "requests" not in outcome.text


def test_an_error_that_a_helper_raises_itself_keeps_its_class() -> None:
    gateway = GATEWAY + changed("""


        def checked(text: str):
            if not text:
                raise requests.HTTPError("empty")
            return send(text)
    """).rjust(1)
    routes = """
        from app.gateway import checked


        @router.post("/verify")
        def verify(text: str):
            try:
                return checked(text)
            except requests.HTTPError:
                raise HTTPException(502)
    """
    outcome = migrate(files(routes, gateway))
    assert "except (requests.HTTPError, httpx.HTTPStatusError):" in outcome.text


def test_a_clause_that_lets_nothing_through_ends_the_walk() -> None:
    """The outer clause shows the text of errors, but none of requests comes that far."""
    outcome = migrate(
        files("""
        def safe(text: str):
            try:
                return send(text)
            except requests.RequestException:
                return None


        @router.post("/verify")
        def verify(text: str):
            try:
                return safe(text)
            except Exception as exc:
                return {"error": str(exc)}
    """)
    )
    assert "await safe(text)" in outcome.text


def test_a_clause_that_raises_again_does_not_end_the_walk() -> None:
    outcome = migrate(
        files("""
        def safe(text: str):
            try:
                return send(text)
            except requests.RequestException:
                raise


        @router.post("/verify")
        def verify(text: str):
            try:
                return safe(text)
            except Exception as exc:
                return {"is_slow": "timed out" in str(exc)}
    """)
    )
    assert "http_client" not in outcome.texts["app/gateway.py"]
    assert any("text of the error" in reason for reason in outcome.reasons)


def test_a_helper_that_a_script_needs_stays_and_so_do_all_clauses() -> None:
    script = """
        from app.gateway import send

        if __name__ == "__main__":
            send("hello")
    """
    outcome = migrate(
        files(
            """
        @router.post("/verify")
        def verify(text: str):
            try:
                return send(text)
            except requests.RequestException as exc:
                raise HTTPException(502) from exc
    """,
            scripts__nightly=script,
        )
    )
    assert "await run_in_threadpool(send, text)" in outcome.text
    assert "except requests.RequestException as exc:" in outcome.text


def test_a_decorator_that_names_the_errors_pins_the_call() -> None:
    gateway = GATEWAY.replace("import requests\n", "import requests\nfrom elsewhere import again\n").replace(
        "def send(", "@again(requests.ConnectionError)\ndef send("
    )
    outcome = migrate(
        files(
            """
        @router.post("/verify")
        def verify(text: str):
            return send(text)
    """,
            gateway,
        )
    )
    assert "http_client" not in outcome.texts["app/gateway.py"]


def test_clauses_of_others_are_left_alone() -> None:
    outcome = migrate(
        files("""
        @router.post("/verify")
        def verify(text: str):
            try:
                return send(text)
            except KeyError:
                raise HTTPException(502)


        @router.post("/other")
        def other(text: str):
            try:
                return int(text)
            except requests.RequestException:
                raise HTTPException(502)
    """)
    )
    assert outcome.text.count("except requests.RequestException:") == 1
    assert "except KeyError:" in outcome.text


RETRY = """
    import time
    from functools import wraps

    import requests


    def retry(times=2, errors=(requests.RequestException,)):
        def decorate(ask):
            @wraps(ask)
            def again(*args, **kwargs):
                for number in range(times):
                    try:
                        return ask(*args, **kwargs)
                    except errors:
                        time.sleep(number)

            return again

        return decorate
"""


def test_errors_that_are_the_default_of_a_parameter_hold_only_what_comes_by_it() -> None:
    """What is retried is asked in threads still: nobody knows what `errors` are there."""
    routes = """
        @router.get("/plain")
        def plain():
            return requests.get("http://x", timeout=2).json()


        @router.get("/again")
        @retry()
        def again():
            return requests.get("http://y", timeout=2).json()
    """
    programs = files(routes, app__again=RETRY)
    programs["app/routes.py"] = programs["app/routes.py"].replace(
        "from app.g", "from app.again import retry\nfrom app.g"
    )
    outcome = migrate(programs)
    assert '(await http_client().get("http://x", timeout=2)).json()' in outcome.text
    assert 'requests.get, "http://y"' in outcome.text or 'requests.get("http://y"' in outcome.text


def test_errors_that_are_a_default_and_looked_at_hold_all() -> None:
    looked_at = ("except Exception as error:", "    if not isinstance(error, errors):", "        raise")
    kept = RETRY.replace("except errors:", f"\n{' ' * 20}".join(looked_at))
    routes = """
        @router.get("/plain")
        def plain():
            return requests.get("http://x", timeout=2).json()
    """
    outcome = migrate(files(routes, app__again=kept))
    assert "http_client" not in outcome.text
    assert any("handed on" in reason for reason in outcome.reasons)
