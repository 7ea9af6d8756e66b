"""What the functions are called: verb and object, in plain English, and free."""

from __future__ import annotations

import ast
import re
import textwrap

import pytest
from async_fix.codemods.offloading.sql import statement
from hop_programs import offload
from small_projects import migrate_main


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("jobs.put_s3_object(item)\n    jobs.put_s3_object(cur)", "put_s3_object"),
        ("jobs.delete_k8s_job(item)\n    jobs.delete_k8s_job(cur)", "delete_k8s_job"),
        ("jobs.copy2(item)\n    jobs.copy2(item)", "copy_item"),
        (
            "if not jobs.check(item):\n        raise ValueError\n    cur.hashed_key = jobs.hash_value(item)",
            "hash_key",
        ),
    ],
)
def test_words_are_whole(block: str, expected: str) -> None:
    blocking = [
        f"jobs.{name}" for name in ("put_s3_object", "delete_k8s_job", "copy2", "check", "hash_value")
    ]
    done = offload(f"async def handle(item, cur):\n    await ask(item)\n    {block}\n", blocking=blocking)
    assert re.findall(r"^ +def (\w+)\(", done.text, re.MULTILINE) == [expected], done.text


@pytest.mark.parametrize(
    ("first", "expected"), [("decode_image", "make_response"), ("save_image", "save_image")]
)
def test_what_makes_the_answer_in_several_steps_is_called_after_that(first: str, expected: str) -> None:
    block = f"x = jobs.{first}(item)\n    x = jobs.convert(x)\n    return Response(jobs.convert(x))"
    blocking = [f"jobs.{name}" for name in ("decode_image", "convert", "save_image")]
    done = offload(f"async def handle(item):\n    await ask(item)\n    {block}\n", blocking=blocking)
    assert re.findall(r"^ +def (\w+)\(", done.text, re.MULTILINE) == [expected], done.text


def test_constants_have_small_letters_in_the_names_of_functions() -> None:
    fetched = "if key not in KNOWN:\n            KNOWN[key] = jobs.fetch(key)"
    block = f"for key in item:\n        {fetched}\n        found.append(KNOWN[key])"
    head = "KNOWN = {}\n\nasync def handle(item):\n    await ask(item)\n    found = []\n"
    code = f"{head}    {block}\n    return found\n"
    assert "def collect_found_and_known():" in offload(code, blocking=["jobs.fetch"]).text


READ = "cur.execute('SELECT id, name FROM users WHERE id = ?', (item,))"
COMMIT = "\ncur.commit()"


@pytest.mark.parametrize(
    ("block", "rest", "expected"),
    [
        (f"cur = connect(item).cursor()\n{READ}\nuser = cur.fetchone()", "return user", "read_user"),
        (f"{READ}\nprint(cur.fetchall())", "return 1", "read_users"),
        (
            f"cur = connect(item)\ncur.execute('UPDATE users SET active = 1'){COMMIT}",
            "return 1",
            "update_users",
        ),
        (f"cur.execute(f'INSERT INTO audit.log VALUES ({{item}})'){COMMIT}", "return 1", "insert_log"),
        (f"cur.execute('''\n  insert or ignore into `notes`''', item){COMMIT}", "return 1", "insert_notes"),
        (f"query = 'DELETE FROM old_jobs'\ncur.execute(query){COMMIT}", "return 1", "delete_old_jobs"),
        (f"cur.execute(text('DELETE FROM jobs') + item){COMMIT}", "return 1", "delete_jobs"),
        (
            "cur.execute('WITH a AS (SELECT 1) SELECT * FROM a')\nrows = cur.fetchall()",
            "return rows",
            "read_rows",
        ),
        ("cur.execute(f'DELETE FROM {item} WHERE a')" + COMMIT, "return 1", "delete_rows"),
        ("cur.execute(f'SELECT a, {item} AS b FROM log')\nrows = cur.fetchall()", "return rows", "read_rows"),
        (
            f"cur.execute('DELETE FROM a' + item){COMMIT}",
            "return 1",
            "delete_a",
        ),
        (f"query = item\nquery = query + 'x'\ncur.execute(query){COMMIT}", "return 1", "execute_query"),
        (f"cur.execute('UPDATE jobs SET a={{x}}'.format(x=item)){COMMIT}", "return 1", "update_jobs"),
        # what the text does not tell
        (f"cur.execute('VACUUM'){COMMIT}", "return 1", "execute_statement"),
        (f"cur.execute(item){COMMIT}", "return 1", "execute_item"),
        (f"cur.execute('UPDATE'){COMMIT}", "return 1", "execute_statement"),
        (f"cur.execute(sql=item){COMMIT}", "return 1", "execute_statement"),
    ],
)
def test_sql_says_what_is_done(block: str, rest: str, expected: str) -> None:
    lines = textwrap.indent(f"{block}\n{rest}", "    ")
    blocking = ["connect", *(f"cur.{name}" for name in ("execute", "fetchone", "fetchall", "commit"))]
    done = offload(f"async def handle(item, cur):\n    await ask(item)\n{lines}\n", blocking=blocking)
    assert re.findall(r"^ +def (\w+)\(", done.text, re.MULTILINE) == [expected], done.text


@pytest.mark.parametrize(
    ("block", "rest", "expected"),
    [
        # files, by what is opened
        ("with open(path) as f:\n    data = f.read()", "return data", "read_data"),
        ("with open(path) as f:\n    a = f.read(1)\n    b = f.read()", "return a, b", "read_a_and_b"),
        ("with open(path, 'w') as f:\n    f.write(item)", "return 1", "write_file"),
        ("with open(report_path, 'w') as f:\n    f.write(item)", "return 1", "write_report"),
        ("with open(report_path, mode='ab') as f:\n    f.write(item)", "", "write_report"),
        ("with open(CONFIG_FILE) as f:\n    return f.read()", "pass", "read_config"),
        ("with open(path) as f:\n    return f.read()", "pass", "read_file"),
        ("with open('a.txt') as f:\n    return f.read()", "pass", "read_file"),
        ("path.mkdir()\npath.write_bytes(item)", "return 1", "write_file"),
        ("os.makedirs(upload_dir)\nos.makedirs(upload_dir.parent)", "return 1", "create_parent"),
        ("os.makedirs(path)\nos.makedirs(upload_dir)", "return 1", "create_upload_dir"),
        ("os.makedirs(path)\nshutil.copyfileobj(upload.file, target)", "return 1", "copy_upload"),
        ("for p in items:\n    os.unlink(p)", "return 1", "remove_files"),
        ("for row in items:\n    os.unlink(row['path'])", "return 1", "remove_rows"),
        ("for media in items:\n    shutil.rmtree(media)", "return 1", "remove_media"),
        ("shutil.rmtree(path)\nshutil.rmtree(path)", "return 1", "remove_directory"),
        ("with open('logs/audit.log', 'a') as f:\n    f.write(item)", "", "write_audit_log"),
        ("with open(FOLDER / 'settings.json') as f:\n    return f.read()", "pass", "read_settings"),
        ("with open(os.path.join(item, 'my-page.html')) as f:\n    return f.read()", "pass", "read_my_page"),
        ("with open(path) as f:\n    return load(f)", "pass", "load_file"),
        ("time.sleep(1)\njobs.delete_many(f'order:{item}')", "", "delete_order"),
        ("for key in client.scan_iter('a'):\n    client.delete_many(key)\nclient.delete_many('b')", "",
         "delete_keys"),
        # what comes last and does something, not what prepares it
        ("item = load(path)\nsave(item)\nos.unlink(path)", "return 1", "save_item"),
        ("x = load(path)\nnotify(x)", "return x", "notify_x"),
        ("a = load(path)\nb = a + 1\ncreate_permissions(b)", "return 1", "create_permissions_in_thread"),
        ("os.unlink(path)\ncreate_permissions(item)", "return 1", "remove_file"),
        ("os.unlink(path)\ntable.insert(item)\ncreate_permissions(item)", "", "insert_item"),
        ("a = load(path)\nroles.create_permissions(a)", "return 1", "create_permissions"),
        ("token = calculate_token(item)\ntable.insert({'a': token})", "return 1", "insert_token"),
        ("a = load(path)\nusers.update_one({'a': a})", "return 1", "update_users"),
        ("a = load(path)\nusers.insert_many([{'b': a}])", "return 1", "insert_many"),
        ("for row in items:\n    users.insert_one(row.dump())", "return 1", "insert_rows"),
        ("a = load(path)\nusers.insert_many(a.dump())", "return 1", "insert_many"),
        ("for x in items:\n    aChunk = x\n    users.insert_one(aChunk)", "return 1", "insert_a_chunks"),
        ("for batch in items:\n    index.upsert(vectors=batch)", "return 1", "upsert_batches"),
        # in which format, where it goes somewhere
        ("with pandas.ExcelWriter(item) as writer:\n    df.to_excel(writer)", "return 1", "write_excel"),
        ("df.to_csv(path)\ndf.to_csv(item)", "return 1", "write_csv"),
        ("load(path)\ntext = df.to_csv()", "return text", "make_text"),
        # a file that is only saved for what reads it says less than what comes of it
        ("shutil.copyfileobj(item.file, x)\nparts = parse_sheet(path)", "return parts", "parse_parts"),
        ("shutil.copyfileobj(item.file, x)\nout = parse_sheet(path)\nos.unlink(path)", "return out",
         "parse_sheet_in_thread"),
        ("parts = parse_sheet(path)\nshutil.copyfileobj(item.file, parts)", "return parts", "copy_item"),
        # the receiver is where it is, not what goes
        ("for x in items:\n    index.delete(ids=x)", "return 1", "delete_from_index"),
        ("load(path)\nuser.delete()", "return 1", "delete_user"),
        # a question is checked
        ("if path.exists():\n    pass\nif not path.is_file():\n    raise OSError", "", "check_file"),
        ("for x in items:\n    print(jobs.mail_already_exists(x))", "return 1", "check_mails"),
        # how it is done is said before the verb
        ("for x in items:\n    jobs.auto_send_mail(x)", "return 1", "send_mails"),
        ("a = jobs.create_context(1)\njobs.basic_publish(item)", "return 1", "publish_item"),
        ("a = jobs.create_context(1)\njobs.sendmail(a, path, item)", "return 1", "send_mail"),
        ("a = ssl.create_default_context()\njobs.login(a, path)", "return 1", "log_in"),
        ("time.sleep(1)\nsent = jobs.sendmail(item)", "return sent", "send_mail"),
        # what it is found by says less than what was made
        ("load(path)\nunique_name = jobs.add_image(item)", "return unique_name", "add_image"),
        ("load(path)\nimage_id = jobs.add_image(item)", "return image_id", "add_image"),
        ("load(path)\nuser_name = load(item)", "return user_name", "read_user_name"),
        ("load(path)\na_location = path / 'x'\njobs.get_pdf(a_location)", "return a_location", "get_pdf"),
        ("load(path)\nresend.Emails.send(params)", "return 1", "send_email"),
        # objects of the project, by their class
        ("with open(path) as f:\n    return FileAnswer(f)", "pass", "make_file_answer"),
        ("x = load(path)\nanswer = FileAnswer(x)", "return answer", "make_answer"),
        # processes, by their command
        ("for x in items:\n    subprocess.run(['sort', '-u', x])", "return 1", "run_sort"),
        ("for x in items:\n    subprocess.run(f'/usr/bin/ffmpeg -i {x}', shell=True)", "", "run_ffmpeg"),
        ("for x in items:\n    subprocess.run(cmd)", "return 1", "run_command"),
        ("done = subprocess.run(['git', 'pull'])\ntime.sleep(1)", "return done", "run_git"),
        # what is filled
        ("for x in items:\n    found[x] = load(x)", "return 1", "collect_found"),
        ("for x in items:\n    if os.path.isdir(x):\n        names.append(x)\n        sizes.append(1)", "",
         "collect_names_and_sizes"),
        ("for model in stored.values():\n    if path.exists():\n        raise OSError", "", "check_models"),
        ("for model in stored.values():\n    note(model, path.exists())", "", "read_models"),
        ("path.exists()\ntorch.cuda.empty_cache()", "", "empty_cache"),
        # a callee that is named after a thing says less than one that is named after what it does
        ("hashed = store.password_hash(1)\nif not keys.check_password(item, hashed):\n    raise OSError", "",
         "check_password"),
        # results that only say how it went
        ("os.makedirs(path)\nfile_path = path / 1\nos.path.exists(file_path)", "return file_path",
         "prepare_file_path"),
        ("file_path = uploads(item)\nif path.exists():\n    pass", "return file_path", "find_file_path"),
        ("decoded = load(id_token)\ndecoded = decode(decoded, load(2))", "return decoded", "read_decoded"),
        ("count = 0\nfor p in items:\n    os.unlink(p)\n    count += 1", "return count", "remove_files"),
        ("count = 0\nfor p in items:\n    count += load(p)", "return count", "read_count"),
        ("path.exists()\nout = transcode(path, 720, item)", "return out", "run_transcode"),
        ("result = load(1)\na = result + 1\nresult = fetch_all(a)", "return result", "fetch_all_in_thread"),
        ("frame = load(1)\nis_live = fetch(frame) > 1", "return frame, is_live", "fetch_frame"),
        ("img = cv2.imdecode(item)\nimg = cv2.resize(img)", "return img", "resize_img"),
        ("very_long_provider_classes = load(1)\nexisting_installed_providers = load(2)",
         "return very_long_provider_classes, existing_installed_providers",
         "load_existing_installed_providers"),
        ("decoded = load(id_token)\npath.exists()", "return decoded", "read_id_token"),
        # results that another call gives than the one that does something
        ("jobs.update_keys(item)\nconnector = load(item)", "return connector", "update_keys"),
        ("log_url = jobs.upload_logs(item)\ncopy_name = load(item)", "return log_url, copy_name",
         "upload_logs"),
        ("found = load(item)\nzip_path = jobs.compress_parts(found, path)", "return zip_path",
         "compress_parts"),
        ("shared_market_controllers = load(1)\nlocal_controllers = load(2)\ngeneric_controllers = load(3)",
         "return shared_market_controllers, local_controllers, generic_controllers", "load_controllers"),
        ("a = load(1)\nfilename, size = jobs.save_image_to_file(a)", "return filename, size", "save_image"),
        ("a = load(1)\nimage, size = jobs.save_image_to_file(a)", "return image, size",
         "save_image_and_size"),
        ("for x in items:\n    jobs.decode_base64_to_image(x)", "", "decode_base64"),
        # a reader that gives the result, not what makes something to look it up with
        ("vector = jobs.embed_text(item)\nhits = load(vector)", "return hits", "read_hits"),
        ("a = jobs.embed_text(item)\nhits = load(a)", "return hits, a", "embed_a_and_hits"),
        # what is always done, not what is done under a condition
        ("data = jobs.build_page(item)\nif path:\n    data = jobs.encrypt_page(data)", "return data",
         "build_data"),
        ("time.sleep(1)\nif path:\n    a = jobs.build_page(1)\nelse:\n    a = jobs.encrypt_page(2)",
         "return a", "encrypt_a"),
        # an answer of yes or no
        ("time.sleep(1)\npassword_ok = jobs.verify_password(item)", "return password_ok", "verify_password"),
        ("time.sleep(1)\nfile_exists = path.exists()", "return file_exists", "check_file"),
        ("time.sleep(1)\nbook = load(item)", "return book", "read_book"),
        # one for each of several things
        ("for x in items:\n    jobs.delete_file('a', x)", "return 1", "delete_files"),
        ("for x in items:\n    jobs.delete_file('a', item)", "return 1", "delete_file"),
        ("for x in items:\n    fetch_all(x)", "return 1", "fetch_all_in_thread"),
        ("fd, path = tempfile.mkstemp()\nos.unlink(fd)", "return path", "remove_fd"),
        ("fd, path = tempfile.mkstemp()\nos.path.exists(fd)", "return path", "prepare_path"),
        ("for x in items:\n    subprocess.run(ffmpeg_args)", "return 1", "run_ffmpeg"),
        ("os.unlink(item)\nos.unlink(os.path.join(target_folder, path))", "return 1", "remove_file"),
        ("for x in items:\n    os.unlink(base_dir / x)", "return 1", "remove_files"),
        (
            "img = jobs.decode_base64_to_image(item)\nif item:\n    img = jobs.add_image(img)",
            "return img",
            "decode_img",
        ),
        ("with open(path) as f:\n    csv_ = f.read()\nload(path)", "return csv_", "read_csv"),
        ("for c in items:\n    c.save()", "return 1", "run_handle"),
        ("for x in items:\n    receiver.receive(f'{x}/set')", "return 1", "run_handle"),
    ],
)  # fmt: skip
def test_names(block: str, rest: str, expected: str) -> None:
    blocking = ["roles.create_permissions", "calculate_token", "table.insert", "uploads"]
    blocking += ["users.update_one", "users.insert_many"]
    blocking += [
        "stored.values",
        "store.password_hash",
        "keys.check_password",
        "torch.cuda.empty_cache",
        "tempfile.mkstemp",
    ]
    blocking += ["jobs.compress_parts", "jobs.delete_file", "jobs.update_keys", "jobs.upload_logs"]
    blocking += ["jobs.embed_text", "jobs.build_page", "jobs.encrypt_page", "jobs.verify_password"]
    blocking += ["jobs.delete_many", "client.delete_many", "client.scan_iter"]
    blocking += ["jobs.save_image_to_file", "jobs.decode_base64_to_image"]
    blocking += [
        "index.upsert",
        "users.insert_one",
        "index.delete",
        "user.delete",
        "jobs.auto_send_mail",
        "jobs.add_image",
    ]
    blocking += ["jobs.get_pdf", "resend.Emails.send", "c.save", "receiver.receive"]
    blocking += ["ssl.create_default_context", "jobs.login"]
    blocking += ["jobs.create_context", "jobs.basic_publish", "jobs.sendmail"]
    blocking += ["path.exists", "path.is_file", "jobs.mail_already_exists"]
    blocking += ["df.to_csv", "df.to_excel", "pandas.ExcelWriter", "parse_sheet", "transcode"]
    body = textwrap.indent(block, "    ")
    done = offload(
        f"async def handle(path, item, items):\n    await ask(0)\n{body}\n    {rest}\n", blocking=blocking
    )
    assert re.findall(r"^ +def (\w+)\(", done.text, re.MULTILINE) == [expected], done.text


@pytest.mark.parametrize(
    ("change", "name"),
    [("COUNT += 1", "update_count"), ("JOBS[n] = 1", "update_jobs"), ("seen.add(n)", "update_seen"),
     ("print(n)", "run_h")],
)  # fmt: skip
def test_what_a_lock_is_held_for_gives_the_name(change: str, name: str) -> None:
    state = "lock = threading.Lock()\nCOUNT, JOBS, seen = 0, {}, set()\n"
    handler = (
        f"@app.get('/')\ndef h(n: int):\n    global COUNT\n    with lock:\n        {change}\n    return n\n"
    )
    save = "def save():\n    with lock:\n        open('n', 'w').write(str(COUNT))\n"
    done = migrate_main(f"import threading\n\n{state}\n{save}\n{handler}")
    assert f"    await run_in_threadpool({name})" in done.texts["app/main.py"]


def test_a_name_that_is_taken_gets_a_tail() -> None:
    done = offload(
        """
        from app.files import read_data, read_data_in_thread


        async def h(path):
            with open(path) as f:
                data = f.read()
            return await ask(data)
        """
    )
    assert "def read_data_in_thread_2():" in done.text


def test_a_name_does_not_say_a_verb_twice() -> None:
    pool = "import concurrent.futures\nimport time\n\ndef fetch(n):\n    time.sleep(0.01)\n    return n\n"
    body = "    with concurrent.futures.ThreadPoolExecutor() as p:\n        return list(p.map(fetch, [1]))\n"
    done = migrate_main(f"{pool}\n@app.get('/')\ndef all_of_them():\n{body}")
    assert "    return await run_in_threadpool(run_all_of_them)\n" in done.texts["app/main.py"]


def test_a_name_used_anywhere_in_the_handler_is_taken() -> None:
    source = (
        "async def h(path):\n    with open(path) as f:\n        data = f.read()\n    await read_data(data)\n"
    )
    assert "def read_data_in_thread():" in offload(source).text


def test_names_of_the_class_are_taken() -> None:
    source = "async def h(p):\n    for row in p:\n        save(row)\n    await ask(p)\n"
    assert "def save_rows():" in offload(source).text
    assert "def save_rows_in_thread():" in offload(source, taken_names=frozenset({"save_rows"})).text


def test_two_functions_of_one_handler_have_two_names() -> None:
    done = offload(
        """
        async def h(path, other):
            with open(path) as f:
                data = f.read()
            await ask(data)
            with open(other) as f:
                data = f.read()
            return data
        """
    )
    assert "def read_data():" in done.text
    assert "def read_data_2():" in done.text


def test_names_given_back_are_free_again() -> None:
    """A `with` that is tried as a function and then kept in its place leaves no trace in the names."""
    done = offload(
        """
        async def h(paths):
            for path in paths:
                with open(path) as f:
                    data = f.read()
                await ask(data)
            with open(paths) as f:
                data = f.read()
            return data
        """
    )
    assert "def read_data_2():" in done.text
    assert "_3" not in done.text


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("db.table('users').select('*').execute()", ("read", "users")),
        ("db.table('users').update(row).eq('id', 1).execute()", ("update", "users")),
        ("db.from_('public.users').upsert(row).execute()", ("upsert", "users")),
        ("db.table(name).delete().execute()", None),
        ("db.rpc('count').execute()", None),
        ("db.table('users').execute()", None),
        ("User.delete().where(User.id << ids).execute()", ("delete", "user")),
        ("db.execute(update(UserNote).where(UserNote.id == 1).values(text=''))", ("update", "user_note")),
        ("db.execute(USERS.delete())", None),
        ("pipe.execute()", None),
    ],
)
def test_a_builder_says_what_is_done(call: str, expected: tuple[str, str] | None) -> None:
    function = ast.parse(f"def h():\n    {call}\n").body[0]
    assert isinstance(function, ast.FunctionDef)
    done = function.body[0]
    assert isinstance(done, ast.Expr)
    assert isinstance(done.value, ast.Call)
    assert statement(done.value, function) == expected


def test_a_name_of_what_is_private_has_one_underscore() -> None:
    done = offload(
        """
        async def h(n):
            with _lock:
                _counter["n"] += 1
                time.sleep(n)
                return dict(_counter)
        """
    )
    assert "def read_counter():" in done.text


FRAME = """
import asyncio

import cv2


@app.get("/frame")
async def frame(path: str):
    cap = cv2.VideoCapture(path)
    cap.set(cv2.CAP_PROP_POS_FRAMES, 9)
    ok, picture = cap.read()
    await asyncio.sleep(0)
    return ok
"""


def test_to_go_to_a_frame_waits_and_is_not_what_the_function_is_named_after() -> None:
    text = migrate_main(FRAME).function("app/main.py", "frame")
    assert "        cap.set(cv2.CAP_PROP_POS_FRAMES, 9)\n" in text, text
    assert "set_cap" not in text


@pytest.mark.parametrize(
    ("collection", "expected"),
    [
        ('mdb["runtime.api.allowance"]', "delete_allowance"),
        ('db["pets"]', "delete_pets"),
        ("mdb[name]", "delete_done"),
    ],
)
def test_nothing_is_called_after_the_whole_database(collection: str, expected: str) -> None:
    text = (
        "from pymongo import MongoClient\n\nclient = MongoClient()\nmdb = db = client['shop']\n\n\n"
        "def check(name: str):\n    if not mdb.users.find_one({'name': name}):\n        raise ValueError\n"
        '\n\n@app.delete("/x")\nasync def handle(name: str):\n    check(name)\n'
        f"    done = {collection}.delete_one({{'name': name}})\n    return done.deleted_count\n"
    )
    script = "from app.main import check\n\nif __name__ == '__main__':\n    check('a')\n"
    done = migrate_main(text, script=script).function("app/main.py", "handle")
    assert re.findall(r"^ +def (\w+)\(", done, re.MULTILINE) == [expected], done


@pytest.mark.parametrize(
    ("giver", "expected"),
    [("jobs.check_file(item)", "check_file"), ("jobs.user_of(item)", "remove_item")],
)
def test_what_is_done_only_at_times_is_not_what_it_is_called_after(giver: str, expected: str) -> None:
    deed = "if not found:\n        jobs.remove(item)\n        raise ValueError"
    code = (
        f"async def handle(item):\n    await ask(item)\n    found = {giver}\n    {deed}\n    return found\n"
    )
    done = offload(code, blocking=["jobs.remove", "jobs.check_file", "jobs.user_of"])
    assert re.findall(r"^ +def (\w+)\(", done.text, re.MULTILINE) == [expected], done.text


def test_what_is_cleared_away_is_not_what_it_is_called_after() -> None:
    block = "jobs.extract(item)\n    jobs.remove(item)\n    manifest = jobs.read_manifest(cur)"
    code = f"async def handle(item, cur):\n    await ask(item)\n    {block}\n    return await ask(manifest)\n"
    done = offload(code, blocking=["jobs.extract", "jobs.remove", "jobs.read_manifest"])
    assert re.findall(r"^ +def (\w+)\(", done.text, re.MULTILINE) == ["read_manifest"], done.text
