#!/usr/bin/env python3
"""The stand-in for OpenAI, tested over loopback: every route, refusal and fault.

    python3 t/unit/test_mock.py [CLASS[.TEST] ...]

Prints TAP.  Each test has an API key of its own, so tests do not see each
other's state.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import itertools
import json
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent.parent
MOCK = ROOT / "t" / "mock"
FIXTURES = MOCK / "fixtures"

sys.dont_write_bytecode = True
sys.path.insert(0, str(MOCK))

import faults       # noqa: E402
import multipart    # noqa: E402
import pictures     # noqa: E402
import probe        # noqa: E402
from errors import ApiError     # noqa: E402

try:
    from PIL import Image
except ImportError:
    Image = None

RENDER = 0.3
SIZE = "1280x720"


# --- tools

class Server:
    """A stand-in in a process of its own."""

    def __init__(self, *options: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="test_mock.")
        port_file = Path(self.folder, "port")
        self.process = subprocess.Popen(
            [sys.executable, str(MOCK / "server.py"), "--port-file", str(port_file),
             "--parent-watch", *options], stdout=subprocess.PIPE, text=True)
        self.ready = self.process.stdout.readline()
        self.port = int(port_file.read_text())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(5)
        self.process.stdout.close()
        shutil.rmtree(self.folder)
        return code


class Api:
    """A client with a key; a connection per call, unless one is given."""

    keys = itertools.count(1)

    def __init__(self, server: Server, key: str | None = None, base: str = "/v1",
                 context: ssl.SSLContext | None = None) -> None:
        self.server = server
        self.key = key or f"key-{next(self.keys)}"
        self.base = base
        self.context = context

    def connect(self):
        if self.context:
            return http.client.HTTPSConnection("127.0.0.1", self.server.port,
                                               timeout=10, context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)

    def __call__(self, method, path, data=None, form=None, body=None,
                 headers=None, link=None):
        headers = {"Authorization": f"Bearer {self.key}"} | (headers or {})
        if data is not None:
            body = json.dumps(data)
            headers.setdefault("Content-Type", "application/json")
        if form is not None:
            body, kind = encode_form(form)
            headers.setdefault("Content-Type", kind)
        own = link is None
        link = link or self.connect()
        try:
            link.request(method, path if path.startswith("/__mock__")
                         else self.base + path, body, headers)
            reply = link.getresponse()
            return Reply(reply, reply.read())
        finally:
            if own:
                link.close()

    def control(self, verb, name, data=None, **query):
        query = {"key": self.key} | query
        text = "&".join(f"{k}={quote(str(v))}" for k, v in query.items()
                        if v is not None)
        return self(verb, f"/__mock__/{name}" + (f"?{text}" if text else ""),
                    data=data).json

    def log(self, **query):
        return self.control("GET", "log", **query)

    def faulty(self, spec):
        return Api(self.server, self.key, "/fault/" + quote(spec, safe=";:=+*")
                   + "/v1", self.context)

    def raw(self, data: bytes, finish=True) -> bytes:
        """Sends bytes as they are; returns all that comes until the end."""
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as sock:
            sock.sendall(data)
            return read_all(sock) if finish else sock.recv(65536)


class Reply:
    def __init__(self, reply, data: bytes) -> None:
        self.status = reply.status
        self.headers = {name.lower(): value for name, value in reply.getheaders()}
        self.data = data

    @property
    def json(self):
        return json.loads(self.data)

    @property
    def events(self):
        """(event name, decoded data) of a stream."""
        found = []
        for block in self.data.decode().split("\n\n"):
            match = re.fullmatch(r"event: (\S+)\ndata: (.*)", block)
            if match:
                found.append((match[1], json.loads(match[2])))
        return found


def read_all(sock) -> bytes:
    pieces = []
    while piece := sock.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def encode_form(fields):
    """[(name, text)] or [(name, (filename, type, bytes))]."""
    out = []
    for name, value in fields:
        line = f'Content-Disposition: form-data; name="{name}"'
        if isinstance(value, tuple):
            line += f'; filename="{value[0]}"'
            if value[1]:
                line += f"\r\nContent-Type: {value[1]}"
            data = value[2]
        else:
            data = value.encode()
        out.append(b"--edge\r\n" + line.encode() + b"\r\n\r\n" + data + b"\r\n")
    return b"".join(out) + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def picture(size=SIZE, kind="png", alpha=False, seed="test") -> bytes:
    width, height = map(int, size.split("x"))
    return pictures.make(pictures.Recipe(seed, width, height, kind, alpha))


def file_part(data: bytes, kind="png", name=None):
    return (name or f"a.{kind}", f"image/{kind}", data)


def data_url(data: bytes, kind="png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def boxes(data: bytes):
    """The boxes of an MP4."""
    found, offset = [], 0
    while offset < len(data):
        size, kind = struct.unpack_from(">I4s", data, offset)
        found.append((kind.decode(), size))
        offset += size
    return found


class Case(unittest.TestCase):
    """What most tests need: a key, and looking at answers."""

    def setUp(self) -> None:
        self.api = Api(SERVER)

    def refused(self, reply, status, param=None, code=None, text=""):
        self.assertEqual(reply.status, status, reply.data[:300])
        error = reply.json["error"]
        self.assertEqual(set(error), {"message", "type", "param", "code"})
        if param is not None:
            self.assertEqual(error["param"], param, error)
        if code is not None:
            self.assertEqual(error["code"], code, error)
        self.assertIn(text, error["message"])

    def good(self, reply):
        self.assertEqual(reply.status, 200, reply.data[:300])
        return reply.json

    def is_picture(self, data, kind, size, alpha=None):
        seen = probe.look(data)
        self.assertEqual((seen.kind, seen.size), (kind, size))
        if alpha is not None:
            self.assertEqual(seen.alpha, alpha)
        if Image:
            image = Image.open(io.BytesIO(data))
            image.load()
            self.assertEqual((image.format.lower(), "%dx%d" % image.size),
                             (kind, size))

    def eventually(self, holds):
        """Waits for something that another thread is about to note."""
        for _ in range(300):
            if holds():
                return
            time.sleep(0.01)
        self.fail("it does not come true")

    def until(self, path, *statuses):
        for _ in range(200):
            value = self.good(self.api("GET", path))
            if value["status"] in statuses:
                return value
            time.sleep(0.01)
        self.fail(f"{path} stays {value['status']}")


# --- the server itself

class TestServer(Case):
    def test_announces_itself(self):
        self.assertEqual(SERVER.ready, "openai stand-in listening on"
                         f" http://127.0.0.1:{SERVER.port}/v1\n")

    def test_headers_of_every_answer(self):
        for path, status in (("/models", 200), ("/nothing", 404)):
            reply = self.api("GET", path)
            self.assertEqual(reply.status, status)
            self.assertRegex(reply.headers["x-request-id"], "^req_[0-9a-f]{32}$")
            self.assertRegex(reply.headers["openai-processing-ms"], "^[0-9]+$")
            self.assertEqual(int(reply.headers["content-length"]), len(reply.data))
            self.assertEqual(reply.headers["content-type"], "application/json")

    def test_unknown_paths_and_methods(self):
        for path in ("/", "/video", "//videos", "/videos/", "/videos/a/b/c"):
            self.refused(self.api("GET", path), 404)
        reply = self.api("DELETE", "/videos")
        self.refused(reply, 405)
        self.assertEqual(reply.headers["allow"], "GET, POST")
        self.refused(self.api("PUT", "/videos/x"), 405)

    def test_a_slash_in_an_id_does_not_divide(self):
        self.refused(self.api("GET", "/videos/..%2Fmodels%3Fx"), 404,
                     text="../models?x")

    def test_keys(self):
        for headers in ({"Authorization": ""}, {"Authorization": "Bearer "},
                        {"Authorization": "Basic abc"}):
            self.refused(self.api("GET", "/models", headers=headers), 401)
        self.assertEqual(self.api("GET", "/models", headers={
            "Authorization": "bearer any"}).status, 200)

    def test_one_key_only(self):
        server = Server("--key", "secret")
        try:
            self.assertEqual(Api(server, "secret")("GET", "/models").status, 200)
            reply = Api(server, "wrong")("GET", "/models")
            self.refused(reply, 401, code="invalid_api_key")
            self.assertNotIn("wrong", reply.data.decode())
        finally:
            self.assertEqual(server.stop(), 0)

    def test_keep_alive(self):
        link = self.api.connect()
        for _ in range(3):
            self.assertEqual(self.api("GET", "/models", link=link).status, 200)
        link.close()
        self.assertEqual(len({entry["connection"] for entry in self.api.log()}), 1)

    def test_pipelining_and_close(self):
        one = ("GET /v1/models/sora-2 HTTP/1.1\r\nHost: x\r\n"
               f"AUTHORIZATION: Bearer {self.api.key}\r\n")
        got = self.api.raw((one + "\r\n" + one + "Connection: close\r\n\r\n").encode())
        self.assertEqual(got.count(b"HTTP/1.1 200 OK"), 2)
        self.assertIn(b"Connection: close", got)

    def test_http_1_0(self):
        got = self.api.raw(b"GET /v1/models HTTP/1.0\r\nAuthorization: Bearer x\r\n\r\n")
        self.assertTrue(got.startswith(b"HTTP/1.1 200 OK"))

    def test_expect_continue_and_chunked_request(self):
        with socket.create_connection(("127.0.0.1", SERVER.port), 10) as sock:
            sock.sendall(b"POST /v1/videos HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                         b"Authorization: Bearer " + self.api.key.encode() + b"\r\n"
                         b"Content-Type: application/json\r\n"
                         b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
            self.assertEqual(sock.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            sock.sendall(b'7\r\n{"promp\r\n8;x=y\r\nt":"hi"}\r\n0\r\n\r\n')
            self.assertIn(b"200 OK", read_all(sock))
        self.assertEqual(self.api.log()[0]["body"], '{"prompt":"hi"}')

    def test_broken_requests(self):
        for text, status in ((b"nonsense\r\n\r\n", 400),
                             (b"GET * HTTP/1.1\r\n\r\n", 400),
                             (b"GET http://[ HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
                             (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\r\nA: " + b"b" * 70000, 431),
                             (b"POST /v1/videos HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                              400),
                             (b"POST /v1/videos HTTP/1.1\r\nContent-Length: 999999999\r\n"
                              b"\r\n", 413)):
            self.assertIn(f"HTTP/1.1 {status} ".encode(), self.api.raw(text)[:20])

    def test_bodies_that_are_not_json(self):
        headers = {"Content-Type": "application/json"}
        for body in ("", "{", '{"prompt":"a"} x', '{"prompt":"a","prompt":"b"}',
                     '{"n":NaN}', b'{"prompt":"\xff"}', "[" * 100000):
            self.refused(self.api("POST", "/videos", body=body, headers=headers),
                         400, code="invalid_json")
        self.refused(self.api("POST", "/videos", data=[]), 400, code="invalid_type")
        self.refused(self.api("POST", "/videos", body="{}",
                              headers={"Content-Type": "text/plain"}), 415)
        self.refused(self.api("POST", "/videos", body="{}"), 415)

    def test_stops_at_once_on_signals_with_open_connections(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = Server("--render-seconds", "60")
            api = Api(server)
            link = api.connect()
            api("GET", "/models", link=link)
            began = time.monotonic()
            server.process.send_signal(number)
            self.assertEqual(server.process.wait(5), 0)
            self.assertLess(time.monotonic() - began, 2)
            link.close()
            server.stop()

    def test_stops_when_the_parent_ends(self):
        with tempfile.TemporaryDirectory() as folder:
            port = Path(folder, "port")
            subprocess.run(["/bin/sh", "-c", '"$@" & while [ ! -s "$P" ]; do'
                            " sleep 0.02; done", "sh", sys.executable,
                            str(MOCK / "server.py"), "--port-file", str(port),
                            "--parent-watch"], env=os.environ | {"P": str(port)},
                           stdout=subprocess.DEVNULL, check=True, timeout=10)
            for _ in range(100):
                try:
                    socket.create_connection(
                        ("127.0.0.1", int(port.read_text())), 1).close()
                except ConnectionRefusedError:
                    return
                time.sleep(0.05)
            self.fail("it is still there")

    def test_wrong_options(self):
        for options in (("--video-bytes", "5"), ("--render-seconds", "-1"),
                        ("--port", str(SERVER.port)), ("--nonsense",)):
            done = subprocess.run([sys.executable, str(MOCK / "server.py"), *options],
                                  capture_output=True, text=True, timeout=10)
            self.assertNotEqual(done.returncode, 0)
            self.assertNotIn("Traceback", done.stderr)

    @unittest.skipUnless(shutil.which("openssl"), "no openssl")
    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = f"{folder}/cert", f"{folder}/key"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                            "-out", cert, "-days", "1", "-subj", "/CN=localhost",
                            "-addext", "subjectAltName=IP:127.0.0.1"],
                           check=True, capture_output=True)
            server = Server("--tls", cert, key, "--render-seconds", "0",
                            "--video-bytes", "3000000")
            try:
                self.assertIn("https://127.0.0.1:", server.ready)
                api = Api(server, context=ssl.create_default_context(cafile=cert))
                video = self.good(api("POST", "/videos", data={"prompt": "a"}))
                path = f"/videos/{video['id']}/content"
                whole = api("GET", path).data
                self.assertEqual(len(whole), 3000000)
                self.assertEqual(api.faulty("no-length")("GET", path).data, whole)
                with self.assertRaises((OSError, http.client.HTTPException)):
                    api.faulty("reset-mid:1000")("GET", path)
            finally:
                self.assertEqual(server.stop(), 0)


# --- videos

class TestVideos(Case):
    def create(self, prompt="a kite", **more):
        return self.good(self.api("POST", "/videos", data={"prompt": prompt} | more))

    def unfinished(self):
        """A video that is not ready while a test runs, on however slow a machine."""
        return self.create("a kite [[render:600]]")

    def completed(self, prompt="a kite", **more):
        video = self.create(f"{prompt} [[render:0]]", **more)
        return self.until(f"/videos/{video['id']}", "completed", "failed")

    def test_life_of_a_video(self):
        self.api.control("POST", "set", {"render_seconds": 1.5})
        video = self.create(seconds="8", size=SIZE, model="sora-2-pro")
        self.assertEqual(list(video), [
            "id", "object", "created_at", "status", "completed_at", "error",
            "expires_at", "model", "progress", "prompt", "remixed_from_video_id",
            "seconds", "size"])
        self.assertEqual((video["object"], video["status"], video["progress"],
                          video["seconds"], video["size"], video["model"]),
                         ("video", "queued", 0, "8", SIZE, "sora-2-pro"))
        seen = [video]
        while seen[-1]["status"] != "completed":
            time.sleep(0.02)
            seen.append(self.good(self.api("GET", f"/videos/{video['id']}")))
        states = list(dict.fromkeys(item["status"] for item in seen))
        self.assertEqual(states, ["queued", "in_progress", "completed"])
        progress = [item["progress"] for item in seen]
        self.assertEqual(progress, sorted(progress))
        self.assertGreater(len(set(progress)), 2)
        self.assertEqual(progress[-1], 100)
        self.assertEqual(seen[-1]["expires_at"], seen[-1]["completed_at"] + 3600)

    def test_defaults(self):
        video = self.create()
        self.assertEqual((video["model"], video["seconds"], video["size"]),
                         ("sora-2", "4", "720x1280"))
        self.assertEqual(self.create(seconds=None, model=None)["seconds"], "4")

    def test_multipart_with_a_reference(self):
        for kind in ("png", "jpeg", "webp"):
            video = self.good(self.api("POST", "/videos", form=[
                ("prompt", "Drachen über dem Meer"), ("model", "sora-2"),
                ("seconds", "4"), ("size", SIZE),
                ("input_reference", file_part(picture(kind=kind), kind))]))
            self.assertEqual(video["prompt"], "Drachen über dem Meer")

    def test_other_references(self):
        file_id = self.good(self.api("POST", "/files", form=[
            ("purpose", "vision"), ("file", file_part(picture()))]))["id"]
        for reference in ({"file_id": file_id}, {"image_url": data_url(picture())},
                          {"image_url": "https://example.com/a.png"}):
            self.create(size=SIZE, input_reference=reference)
        self.good(self.api("POST", "/videos", form=[
            ("prompt", "a"), ("size", SIZE), ("input_reference[file_id]", file_id)]))

    def test_refused_references(self):
        def refused(part, code=None, text="", size=SIZE):
            self.refused(self.api("POST", "/videos", form=[
                ("prompt", "a"), ("size", size), ("input_reference", part)]),
                400, code=code, text=text)
        reply = self.api("POST", "/videos", form=[
            ("prompt", "a"), ("size", "720x1280"),
            ("input_reference", file_part(picture()))])
        self.assertEqual(reply.json["error"], {
            "message": "Inpaint image must match the requested width and height",
            "type": "invalid_request_error", "param": None, "code": None})
        refused(("a.gif", "image/gif", b"GIF89a"), "unsupported_file_mimetype")
        refused(("a.png", None, picture()), "unsupported_file_mimetype")
        refused(file_part(picture(kind="jpeg"), "png"), "invalid_image_format")
        refused(file_part(picture()[:-9], "png"), "invalid_image_format")
        refused(file_part(b"", "png"), "empty_image_file")
        refused("some text", "invalid_type")
        for reference, code in (({}, "invalid_value"),
                                ({"file_id": "a", "image_url": "b"}, "invalid_value"),
                                ({"image_url": "data:image/png;base64,!"},
                                 "invalid_base64_image"),
                                ({"image_url": "data:image/png;base64,é"},
                                 "invalid_base64_image"),
                                ({"image_url": "nonsense"}, "invalid_image_url"),
                                ({"url": "x"}, "unknown_parameter")):
            self.refused(self.api("POST", "/videos", data={
                "prompt": "a", "input_reference": reference}), 400, code=code)
        self.refused(self.api("POST", "/videos", data={
            "prompt": "a", "input_reference": {"file_id": "file-no"}}), 404)

    def test_refused_fields(self):
        for data, status, param, code in (
                ({}, 400, "prompt", "missing_required_parameter"),
                ({"prompt": None}, 400, "prompt", "missing_required_parameter"),
                ({"prompt": ""}, 400, "prompt", "string_below_min_length"),
                ({"prompt": 5}, 400, "prompt", "invalid_type"),
                ({"prompt": "x" * 32001}, 400, "prompt", "string_above_max_length"),
                ({"prompt": "a", "seconds": 8}, 400, "seconds", "invalid_type"),
                ({"prompt": "a", "seconds": "5"}, 400, "seconds", "invalid_value"),
                ({"prompt": "a", "size": "1x1"}, 400, "size", "invalid_value"),
                ({"prompt": "a", "size": "1792x1024"}, 400, "size", "invalid_value"),
                ({"prompt": "a", "foo": 1}, 400, "foo", "unknown_parameter"),
                ({"prompt": "a", "model": "no-such-model"}, 404, "model",
                 "model_not_found"),
                ({"prompt": "[[moderation]]"}, 400, "prompt", "moderation_blocked")):
            self.refused(self.api("POST", "/videos", data=data), status, param, code)
        self.create("x" * 32000)
        self.create(model="veo-9-by-somebody", size="1792x1024")
        self.assertEqual(len(self.good(self.api("GET", "/videos"))["data"]), 2)

    def test_refused_forms(self):
        for form, param in (([("promt", "a")], "promt"),
                            ([("prompt", "a"), ("prompt", "b")], "prompt"),
                            ([("prompt[]", "a")], "prompt[]"),
                            ([("prompt", ("a.txt", "text/plain", b"a"))], "prompt"),
                            ([("prompt", "a"), ("image", file_part(picture()))],
                             "image"),
                            ([("prompt", "a"), ("seconds", "")], "seconds"),
                            ([("prompt", "a"), ("input_reference[x]", "a")],
                             "input_reference[x]")):
            self.refused(self.api("POST", "/videos", form=form), 400, param)

    def test_list(self):
        ids = [self.create(str(i))["id"] for i in range(5)]
        def listed(query):
            page = self.good(self.api("GET", f"/videos{query}"))
            found = [item["id"] for item in page["data"]]
            self.assertEqual(page["object"], "list")
            self.assertEqual((page["first_id"], page["last_id"]),
                             (found[0], found[-1]) if found else (None, None))
            return found, page["has_more"]
        self.assertEqual(listed(""), (ids[::-1], False))
        self.assertEqual(listed("?order=asc&limit=2"), (ids[:2], True))
        self.assertEqual(listed(f"?order=asc&limit=3&after={ids[1]}"), (ids[2:], False))
        self.assertEqual(listed(f"?limit=2&after={ids[2]}"), ([ids[1], ids[0]], False))
        self.assertEqual(listed("?limit=0"), ([], True))
        for query, status in (("limit=101", 400), ("limit=-1", 400), ("limit=a", 400),
                              ("order=up", 400), ("after=video_no", 404),
                              ("page=2", 400), ("limit=1&limit=2", 400)):
            self.refused(self.api("GET", f"/videos?{query}"), status)

    def test_content(self):
        video = self.completed(size=SIZE)
        path = f"/videos/{video['id']}/content"
        reply = self.api("GET", path)
        self.assertEqual(reply.headers["content-type"], "video/mp4")
        self.assertEqual(reply.data, (FIXTURES / "video.mp4").read_bytes())
        self.assertEqual([kind for kind, _ in boxes(reply.data)],
                         ["ftyp", "moov", "free", "mdat"])
        for variant, kind in (("thumbnail", "webp"), ("spritesheet", "jpeg")):
            reply = self.api("GET", f"{path}?variant={variant}")
            self.assertEqual(reply.headers["content-type"], f"image/{kind}")
            self.is_picture(reply.data, kind, probe.look(reply.data).size)
        self.refused(self.api("GET", f"{path}?variant=audio"), 400, "variant")
        self.refused(self.api("GET", "/videos/video_no/content"), 404)
        self.refused(self.api("GET", f"/videos/{self.unfinished()['id']}/content"), 404,
                     code="video_not_ready")
        self.api.control("POST", "set", {"expire_seconds": 0})
        self.refused(self.api("GET", path), 404, code="video_expired")

    def test_content_of_any_size(self):
        path = f"/videos/{self.completed()['id']}/content"
        short = len((FIXTURES / "video.mp4").read_bytes())
        for size in (short, short + 8, 100000, 7691516):
            self.api.control("POST", "set", {"video_bytes": size})
            data = self.api("GET", path).data
            self.assertEqual(len(data), size)
            self.assertEqual(sum(length for _, length in boxes(data)), size)
        self.assertGreater(len(zlib.compress(data, 1)), 0.99 * len(data))
        self.refused(self.api("POST", "/__mock__/set", data={"video_bytes": 9}), 400)

    def test_parallel_downloads(self):
        self.api.control("POST", "set", {"video_bytes": 2000000})
        path = f"/videos/{self.completed()['id']}/content"
        digests = []
        threads = [threading.Thread(target=lambda: digests.append(
            hashlib.md5(self.api("GET", path).data).hexdigest())) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(digests), len(set(digests))), (32, 1))

    def test_failure(self):
        video = self.completed("[[fail]]")
        self.assertEqual(video["status"], "failed")
        self.assertEqual(video["error"]["code"], "moderation_blocked")
        self.refused(self.api("GET", f"/videos/{video['id']}/content"), 404)

    def test_markers(self):
        video = self.create("[[stuck]] [[render:0]]")
        time.sleep(0.02)
        self.assertEqual(self.good(self.api("GET", f"/videos/{video['id']}"))["status"],
                         "in_progress")
        video = self.create("[[sparse]]")
        self.assertNotIn("error", video)
        self.assertIn("quality", video)

    def test_delete(self):
        path = f"/videos/{self.unfinished()['id']}"
        self.refused(self.api("DELETE", path), 400, code="video_not_deletable")
        for prompt in ("a", "[[fail]]"):
            path = f"/videos/{self.completed(prompt)['id']}"
            gone = self.good(self.api("DELETE", path))
            self.assertEqual(gone, {"id": path[8:], "object": "video.deleted",
                                    "deleted": True})
            self.refused(self.api("GET", path), 404)
            self.refused(self.api("DELETE", path), 404)

    def test_remix(self):
        source = self.completed(seconds="12", size=SIZE, model="sora-2-pro")
        path = f"/videos/{source['id']}/remix"
        video = self.good(self.api("POST", path, data={"prompt": "at night"}))
        self.assertNotEqual(video["id"], source["id"])
        self.assertEqual((video["remixed_from_video_id"], video["prompt"],
                          video["seconds"], video["size"], video["model"]),
                         (source["id"], "at night", "12", SIZE, "sora-2-pro"))
        self.good(self.api("POST", path, form=[("prompt", "b")]))
        self.refused(self.api("POST", path, data={}), 400, "prompt")
        self.refused(self.api("POST", path, data={"prompt": "a", "model": "b"}), 400)
        self.refused(self.api("POST", "/videos/video_no/remix", data={"prompt": "a"}),
                     404)
        self.refused(self.api("POST", f"/videos/{self.unfinished()['id']}/remix",
                              data={"prompt": "a"}), 400, code="video_not_ready")


# --- pictures

class TestPictures(Case):
    def test_every_format_and_size(self):
        for size in ("1x1", "1x9", "9x1", "16x16", "33x17", "1024x1536", "5000x3"):
            for kind, alpha in (("png", False), ("png", True), ("jpeg", False),
                                ("webp", False), ("webp", True)):
                self.is_picture(picture(size, kind, alpha), kind, size, alpha)

    def test_the_largest_is_quick(self):
        for kind in ("png", "jpeg", "webp"):
            began = time.monotonic()
            data = picture("3840x2160", kind, seed=f"{began}")
            self.assertLess(time.monotonic() - began, 3)
            self.is_picture(data, kind, "3840x2160")

    def test_noise_does_not_compress(self):
        data = pictures.make(pictures.Recipe("a", 512, 256, noise=True))
        self.assertGreater(len(data), 512 * 256 * 3)
        self.is_picture(data, "png", "512x256")

    def test_distinct(self):
        digests = {picture("64x64", kind, seed=seed)
                   for kind in ("png", "jpeg", "webp") for seed in "abc"}
        self.assertEqual(len(digests), 9)
        self.assertEqual(picture(seed="a"), picture(seed="a"))

    @unittest.skipUnless(Image, "no Pillow")
    def test_the_colours_are_the_same_in_every_format(self):
        images = [Image.open(io.BytesIO(picture("640x480", kind))).convert("RGB")
                  for kind in ("png", "jpeg", "webp")]
        for point in ((0, 0), (639, 0), (0, 479), (320, 240), (639, 479)):
            colours = [image.getpixel(point) for image in images]
            for values in zip(*colours):
                self.assertLess(max(values) - min(values), 16, colours)

    def test_damaged_pictures_are_noticed(self):
        for kind in ("png", "jpeg", "webp"):
            data = picture("64x48", kind)
            for cut in (0, 1, 3, 12, 20, 24, len(data) // 2, len(data) - 2):
                with self.assertRaises(probe.NotAPicture, msg=f"{kind} {cut}"):
                    probe.look(data[:cut])
        data = bytearray(picture("64x48"))
        data[60] ^= 1
        with self.assertRaises(probe.NotAPicture):
            probe.look(bytes(data))

    @unittest.skipUnless(Image, "no Pillow")
    def test_pictures_by_others(self):
        for mode, kind, options, alpha in (
                ("RGB", "png", {}, False), ("LA", "png", {}, True),
                ("P", "png", {"transparency": 0}, True), ("1", "png", {}, False),
                ("RGB", "jpeg", {"progressive": True}, False), ("L", "jpeg", {}, False),
                ("RGB", "webp", {"quality": 50}, False),
                ("RGBA", "webp", {"quality": 50}, True),
                ("RGBA", "webp", {"lossless": True}, True)):
            out = io.BytesIO()
            shape = Image.linear_gradient("L").resize((37, 21))
            image = shape.convert("RGBA" if mode == "RGBA" else "L").convert(mode)
            if alpha and mode != "P":
                image.putalpha(shape)
            image.save(out, kind, **options)
            seen = probe.look(out.getvalue())
            self.assertEqual((seen.kind, seen.size, seen.alpha), (kind, "37x21", alpha))


# --- images

class TestImages(Case):
    def generate(self, prompt="a cat", **more):
        return self.api("POST", "/images/generations", data={
            "prompt": prompt, "model": "gpt-image-2"} | more)

    def edit(self, *form, prompt="a cat", model="gpt-image-2"):
        return self.api("POST", "/images/edits", form=[
            ("prompt", prompt), ("model", model), *form])

    def decoded(self, reply):
        return [base64.b64decode(item["b64_json"], validate=True)
                for item in self.good(reply)["data"]]

    def test_generate(self):
        reply = self.generate(background="auto", moderation="auto", n=1,
                              output_format="png", quality="auto", size="auto")
        value = self.good(reply)
        self.assertEqual((value["size"], value["output_format"], value["background"],
                          value["quality"]), ("1024x1024", "png", "opaque", "high"))
        usage = value["usage"]
        self.assertEqual(usage["total_tokens"],
                         usage["input_tokens"] + usage["output_tokens"])
        self.is_picture(self.decoded(reply)[0], "png", "1024x1024", False)

    def test_formats_sizes_and_numbers(self):
        for kind, size, background, n in (("jpeg", "1536x1024", "opaque", 2),
                                          ("webp", "1024x1536", "transparent", 3),
                                          ("png", "2560x1440", "transparent", 1),
                                          ("webp", "3840x2160", "auto", 1)):
            made = self.decoded(self.generate(
                output_format=kind, size=size, background=background, n=n,
                **({} if kind == "png" else {"output_compression": 60})))
            self.assertEqual((len(made), len(set(made))), (n, n))
            for data in made:
                self.is_picture(data, kind, size, background == "transparent")

    def test_refused_fields(self):
        for more, param, code in (
                ({"prompt": None}, "prompt", "missing_required_parameter"),
                ({"model": None}, "model", "missing_required_parameter"),
                ({"prompt": "x" * 32001}, "prompt", "string_above_max_length"),
                ({"n": 0}, "n", "integer_below_min_value"),
                ({"n": 11}, "n", "integer_above_max_value"),
                ({"n": "1"}, "n", "invalid_type"),
                ({"n": True}, "n", "invalid_type"),
                ({"n": 1.0}, "n", "invalid_type"),
                ({"size": "1000x1000"}, "size", "invalid_value"),
                ({"size": "512x512"}, "size", "invalid_value"),
                ({"size": "3840x3840"}, "size", "invalid_value"),
                ({"size": "3856x2048"}, "size", "invalid_value"),
                ({"size": "3200x1024"}, "size", "invalid_value"),
                ({"size": "big"}, "size", "invalid_value"),
                ({"quality": "hd"}, "quality", "invalid_value"),
                ({"quality": "xhigh"}, "quality", "invalid_value"),
                ({"output_format": "gif"}, "output_format", "invalid_value"),
                ({"background": "transparent", "output_format": "jpeg"},
                 "background", "invalid_value"),
                ({"output_compression": 50}, "output_compression", None),
                ({"output_compression": 101}, "output_compression", None),
                ({"moderation": "off"}, "moderation", "invalid_value"),
                ({"partial_images": 4}, "partial_images", None),
                ({"response_format": "b64_json"}, "response_format",
                 "unknown_parameter"),
                ({"style": "vivid"}, "style", "unknown_parameter"),
                ({"input_fidelity": "high"}, "input_fidelity", "unknown_parameter"),
                ({"model": "gpt-image-1.5", "size": "2048x2048"}, "size", None),
                ({"complexity": "low"}, "complexity", "unknown_parameter")):
            self.refused(self.generate(**more), 400, param, code)
        self.refused(self.generate(model="no-such-model"), 404, "model",
                     "model_not_found")
        self.good(self.generate(model="gpt-image-2.5-flare", quality="max"))
        self.good(self.generate(model="gpt-image-2.6-flare", complexity="low"))
        self.good(self.generate(model="someone-elses", quality="xhigh"))

    def test_markers(self):
        self.refused(self.generate("[[moderation]]"), 400, code="moderation_blocked")
        self.assertEqual(self.good(self.generate("[[noimage]]"))["data"], [])
        self.assertEqual(set(self.good(self.generate("[[sparse]]"))),
                         {"created", "data"})
        url = self.good(self.generate("[[url]]", output_format="webp"))["data"][0]["url"]
        self.assertTrue(url.startswith(f"http://127.0.0.1:{SERVER.port}/pictures/"))
        reply = Api(SERVER, base="")("GET", url[url.index("/pictures"):],
                                     headers={"Authorization": ""})
        self.assertEqual(reply.headers["content-type"], "image/webp")
        self.is_picture(reply.data, "webp", "1024x1024")
        self.is_picture(self.decoded(self.generate("[[jpeg]]"))[0], "jpeg", "1024x1024")
        self.is_picture(self.decoded(self.generate("[[othersize]]"))[0], "png",
                        "512x1024")
        with self.assertRaises(ValueError):
            self.decoded(self.generate("[[badbase64]]"))
        with self.assertRaises(probe.NotAPicture):
            probe.look(self.decoded(self.generate("[[notpicture]]"))[0])
        self.assertGreater(len(self.generate("[[noise]]").data), 4 << 20)
        began = time.monotonic()
        self.good(self.generate("[[render:0.2]]"))
        self.assertGreater(time.monotonic() - began, 0.2)

    def test_edit(self):
        one = file_part(picture())
        mask = file_part(picture(alpha=True))
        value = self.good(self.edit(("n", "2"), ("size", "1536x1024"),
                                    ("output_format", "jpeg"), ("image", one),
                                    ("mask", mask)))
        self.assertEqual(len(value["data"]), 2)
        self.assertEqual(value["usage"]["input_tokens_details"]["image_tokens"], 323)
        self.is_picture(base64.b64decode(value["data"][1]["b64_json"]), "jpeg",
                        "1536x1024")
        others = [("image[]", file_part(picture("64x32", kind), kind))
                  for kind in ("png", "jpeg", "webp")]
        self.good(self.edit(*others))
        self.good(self.edit(*others * 5, ("image[]", one)))
        self.good(self.edit(("image[]", one)))
        self.good(self.edit(("image", one), ("input_fidelity", "low"),
                            model="gpt-image-1-mini"))

    def test_refused_edits(self):
        one, small = file_part(picture()), file_part(picture("64x32"))
        for form, param in (
                ([], "image"),
                ([("image", one), ("image", one)], "image"),
                ([("image", one), ("image[]", one)], "image"),
                ([("image[]", small)] * 17, "image[]"),
                ([("image", "text")], "image"),
                ([("image", ("a.gif", "image/gif", b"GIF89a"))], "image"),
                ([("image[]", one), ("image[]", file_part(b"\x89PNG"))], "image[1]"),
                ([("image", one), ("mask", one)], "mask"),
                ([("image", one), ("mask", file_part(picture("64x32", alpha=True)))],
                 "mask"),
                ([("image", one), ("mask", file_part(picture(kind="webp", alpha=True),
                                                     "webp"))], "mask"),
                ([("image", one), ("n", "two")], "n"),
                ([("image", one), ("n", "11")], "n"),
                ([("image", one), ("stream", "yes")], "stream"),
                ([("image", one), ("input_fidelity", "high")], "input_fidelity"),
                ([("image", one), ("response_format", "url")], "response_format"),
                ([("images", one)], "images")):
            self.refused(self.edit(*form), 400, param)
        for model in ("gpt-image-2-2026-04-21", "gpt-image-2.5-flare"):
            self.refused(self.edit(("image", one), ("input_fidelity", "low"),
                                   model=model), 400, "input_fidelity")
        self.refused(self.edit(("image", one), ("input_fidelity", "high"),
                               model="gpt-image-1-mini"), 400, "input_fidelity")

    def test_edit_with_json(self):
        def edit(**more):
            return self.api("POST", "/images/edits", data={
                "prompt": "a", "model": "gpt-image-2"} | more)
        file_id = self.good(self.api("POST", "/files", form=[
            ("purpose", "vision"), ("file", file_part(picture(alpha=True)))]))["id"]
        self.good(edit(images=[{"image_url": data_url(picture())},
                               {"file_id": file_id}], mask={"file_id": file_id}))
        for more, param in (({}, "images"), ({"images": []}, "images"),
                            ({"images": [{}]}, "images[0]"),
                            ({"images": [{"image_url": "data:,x"}]}, "images[0]"),
                            ({"images": [{"file_id": "a"}] * 17}, "images")):
            self.refused(edit(**more), 400, param)
        self.refused(edit(images=[{"file_id": "file-no"}]), 404,
                     code="image_file_not_found")

    def test_streams(self):
        reply = self.generate(stream=True, partial_images=2, size="1024x1536")
        self.assertEqual(reply.headers["transfer-encoding"], "chunked")
        self.assertTrue(reply.headers["content-type"].startswith("text/event-stream"))
        names = [name for name, _ in reply.events]
        self.assertEqual(names, ["image_generation.partial_image"] * 2
                         + ["image_generation.completed"])
        stages = []
        for index, (name, data) in enumerate(reply.events):
            self.assertEqual(data["type"], name)
            self.assertEqual(data.get("partial_image_index"),
                             index if index < 2 else None)
            self.assertEqual((data["size"], data["output_format"]),
                             ("1024x1536", "png"))
            stages.append(base64.b64decode(data["b64_json"]))
            self.is_picture(stages[-1], "png", "1024x1536")
        self.assertEqual(len(set(stages)), 3)
        self.assertIn("usage", reply.events[-1][1])

        reply = self.edit(("image", file_part(picture("64x64"))), ("stream", "true"),
                          ("partial_images", "1"))
        self.assertEqual([name for name, _ in reply.events],
                         ["image_edit.partial_image", "image_edit.completed"])
        self.assertEqual(len(self.generate("[[fewer]]", stream=True,
                                           partial_images=3).events), 3)
        name, data = self.generate("[[stream-error]]", stream=True,
                                   partial_images=1).events[-1]
        self.assertEqual(name, "error")
        self.assertEqual(data["error"]["code"], "server_error")
        self.assertEqual(self.generate("[[noimage]]", stream=True).events, [])
        self.refused(self.generate("[[moderation]]", stream=True), 400)


# --- responses

class TestResponses(Case):
    def ask(self, prompt="a fox", tool=None, **more):
        return self.api("POST", "/responses", data={
            "model": "gpt-5.2", "input": prompt,
            "tools": [{"type": "image_generation"} | (tool or {})]} | more)

    def finished(self, prompt="a fox", tool=None, **more):
        made = self.good(self.ask(f"{prompt} [[render:0]]", tool, background=True,
                                  **more))
        return self.until(f"/responses/{made['id']}", "completed", "failed",
                          "incomplete")

    def message(self, *parts, **more):
        return self.ask([{"role": "user", "content": [
            {"type": "input_text", "text": "a"}, *parts]}], **more)

    def calls(self, value):
        return [item for item in value["output"]
                if item["type"] == "image_generation_call"]

    def test_background(self):
        self.api.control("POST", "set", {"render_seconds": 1.5})
        made = self.good(self.ask(tool={"size": "1536x1024", "quality": "low"},
                                  background=True, store=True))
        self.assertEqual((made["object"], made["status"], made["output"]),
                         ("response", "queued", []))
        states = {"queued": made}
        while "completed" not in states:
            value = self.good(self.api("GET", f"/responses/{made['id']}"))
            states[value["status"]] = value
            time.sleep(0.01)
        self.assertEqual(list(states), ["queued", "in_progress", "completed"])
        self.assertEqual(self.calls(states["in_progress"])[0]["status"], "generating")
        self.assertEqual([item["type"] for item in value["output"]],
                         ["reasoning", "image_generation_call", "message"])
        call = self.calls(value)[0]
        self.assertEqual((call["status"], call["size"], call["quality"],
                          call["action"]), ("completed", "1536x1024", "low", "generate"))
        self.is_picture(base64.b64decode(call["result"]), "png", "1536x1024")
        self.assertEqual(value["output"][2]["content"][0]["type"], "output_text")
        self.assertIn("image_gen", value["tool_usage"])

    def test_without_background(self):
        value = self.good(self.ask())
        self.assertEqual(value["status"], "completed")
        self.good(self.api("GET", f"/responses/{value['id']}"))
        value = self.good(self.ask(store=False))
        self.refused(self.api("GET", f"/responses/{value['id']}"), 404)

    def test_markers(self):
        value = self.finished("[[fail]]")
        self.assertEqual((value["status"], value["error"]["code"], value["output"][1:]),
                         ("failed", "server_error", []))
        self.assertEqual(self.finished("[[moderation]]")["error"]["code"],
                         "image_content_policy_violation")
        value = self.finished("[[incomplete]]")
        self.assertEqual((value["status"], value["incomplete_details"]),
                         ("incomplete", {"reason": "content_filter"}))
        value = self.finished("[[refusal]]")
        self.assertEqual((value["status"], self.calls(value)), ("completed", []))
        self.assertEqual(value["output"][-1]["content"][0]["type"], "refusal")
        self.assertEqual(self.calls(self.finished("[[noimage]]")), [])
        one, two = self.calls(self.finished("[[two]]"))
        self.assertNotEqual(one["result"], two["result"])
        self.assertNotEqual(one["id"], two["id"])
        call = self.calls(self.finished("[[failed-call]]"))[0]
        self.assertEqual((call["status"], call["result"], call["error"]["code"]),
                         ("failed", None, "moderation_blocked"))

    def test_choices(self):
        for choice, drawn in (("auto", 1), ("required", 1), ("none", 0),
                              ({"type": "image_generation"}, 1),
                              ({"type": "function", "name": "f"}, 0)):
            self.assertEqual(len(self.calls(self.good(self.ask(tool_choice=choice)))),
                             drawn)
        self.assertEqual(self.calls(self.good(self.ask(tools=[]))), [])
        self.refused(self.ask(tools=[], tool_choice={"type": "image_generation"}), 400,
                     "tool_choice")
        self.refused(self.ask(tool_choice="maybe"), 400, "tool_choice")

    def test_input_images(self):
        file_id = self.good(self.api("POST", "/files", form=[
            ("purpose", "vision"), ("file", file_part(picture(alpha=True)))]))["id"]
        value = self.good(self.message(
            {"type": "input_image", "image_url": data_url(picture()), "detail": "auto"},
            {"type": "input_image", "file_id": file_id},
            tool={"input_image_mask": {"file_id": file_id}}))
        self.assertEqual(self.calls(value)[0]["action"], "edit")
        self.assertEqual(value["tool_usage"]["image_gen"]["input_tokens_details"]
                         ["image_tokens"], 646)

    def test_refused_input(self):
        good = data_url(picture("64x64"))
        for part, param, code in (
                ({"type": "text", "text": "a"}, ".type", "invalid_value"),
                ({"type": "image_url", "image_url": good}, ".type", "invalid_value"),
                ({"text": "a"}, ".type", "missing_required_parameter"),
                ({"type": "input_text"}, ".text", "missing_required_parameter"),
                ({"type": "input_text", "text": 5}, ".text", "invalid_type"),
                ({"type": "input_image"}, "", None),
                ({"type": "input_image", "image_url": good, "file_id": "x"}, "", None),
                ({"type": "input_image", "image_url": {"url": good}}, ".image_url",
                 "invalid_type"),
                ({"type": "input_image", "image_url": good, "detail": "max"},
                 ".detail", "invalid_value"),
                ({"type": "input_image", "image_url": "nonsense"}, ".image_url",
                 "invalid_image_url"),
                ({"type": "input_image", "image_url": good[:-40] + "*"}, ".image_url",
                 "invalid_base64_image"),
                ({"type": "input_image", "image_url": good[:-80]}, ".image_url",
                 "invalid_image_format"),
                ({"type": "input_image", "image_url": good.replace("png", "jpeg", 1)},
                 ".image_url", "invalid_image_format"),
                ({"type": "input_image", "image_url": data_url(b"GIF89a", "gif")},
                 ".image_url", "unsupported_file_mimetype"),
                ({"type": "input_image", "image_url": good, "url": "x"}, ".url",
                 "unknown_parameter")):
            self.refused(self.message(part), 400, f"input[0].content[1]{param}", code)
        self.refused(self.message({"type": "input_image", "file_id": "file-no"}), 404)
        for data, param in ((5, "input"), ([], "input"), ([5], "input[0]"),
                            ([{"role": "cat", "content": "a"}], "input[0].role"),
                            ([{"role": "user"}], "input[0].content"),
                            ([{"type": "magic"}], "input[0].type")):
            self.refused(self.ask(data), 400, param)

    def test_refused_fields(self):
        for more, param in (
                ({"model": None}, "model"), ({"input": None}, "input"),
                ({"foo": 1}, "foo"), ({"background": "yes"}, "background"),
                ({"background": True, "store": False}, "background"),
                ({"previous_response_id": "resp_no"}, "previous_response_id"),
                ({"metadata": {"a": 5}}, "metadata.a"),
                ({"metadata": {str(i): "" for i in range(17)}}, "metadata"),
                ({"temperature": 3}, "temperature"),
                ({"tools": {}}, "tools"), ({"tools": [{}]}, "tools[0].type"),
                ({"tools": [{"type": "image_generation"}] * 2}, "tools[1].type")):
            self.refused(self.ask(**more), 400, param)
        for tool, param in (
                ({"n": 1}, "n"), ({"size": "1x1"}, "size"),
                ({"partial_images": 4}, "partial_images"),
                ({"action": "paint"}, "action"),
                ({"background": "transparent", "output_format": "jpeg"}, "background"),
                ({"input_fidelity": "high"}, "input_fidelity"),
                ({"input_image_mask": {}}, "input_image_mask"),
                ({"input_image_mask": {"image_url": data_url(picture())}},
                 "input_image_mask")):
            self.refused(self.ask(tool=tool), 400, f"tools[0].{param}")
        self.refused(self.ask(model="no-such-model"), 404, "model")
        self.refused(self.ask(tool={"model": "no-such-model"}), 404, "model")
        self.refused(self.api("POST", "/responses", form=[("input", "a")]), 415)

    def test_following_up(self):
        first = self.finished()
        second = self.finished("at night", previous_response_id=first["id"])
        self.assertEqual(second["previous_response_id"], first["id"])
        call_id = self.calls(first)[0]["id"]
        value = self.good(self.ask([
            {"role": "user", "content": "make it night"},
            {"type": "image_generation_call", "id": call_id}]))
        self.assertEqual(self.calls(value)[0]["action"], "edit")
        self.refused(self.ask([{"type": "image_generation_call", "id": "ig_no"}]), 404)

    def test_cancel_and_delete(self):
        made = self.good(self.ask(background=True))
        path = f"/responses/{made['id']}"
        for _ in range(2):
            value = self.good(self.api("POST", f"{path}/cancel", body=""))
            self.assertEqual(value["status"], "cancelled")
        self.assertEqual(self.good(self.api("GET", path))["status"], "cancelled")
        done = self.finished()
        value = self.good(self.api("POST", f"/responses/{done['id']}/cancel", body=""))
        self.assertEqual(value["status"], "completed")
        direct = self.good(self.ask())["id"]
        self.refused(self.api("POST", f"/responses/{direct}/cancel"), 400)
        self.refused(self.api("POST", "/responses/resp_no/cancel"), 404)
        self.assertTrue(self.good(self.api("DELETE", path))["deleted"])
        self.refused(self.api("GET", path), 404)
        self.refused(self.api("DELETE", path), 404)

    def test_stream(self):
        reply = self.ask(tool={"partial_images": 1}, background=True, stream=True)
        names = [name for name, _ in reply.events]
        image = "response.image_generation_call"
        self.assertEqual([name for name in names if name not in (
            "response.output_text.delta",)], [
            "response.created", "response.queued", "response.in_progress",
            "response.output_item.added", "response.output_item.done",
            "response.output_item.added", f"{image}.in_progress",
            f"{image}.generating", f"{image}.partial_image", f"{image}.completed",
            "response.output_item.done",
            "response.output_item.added", "response.content_part.added",
            "response.output_text.done", "response.content_part.done",
            "response.output_item.done", "response.completed"])
        for number, (name, data) in enumerate(reply.events):
            self.assertEqual((data["type"], data["sequence_number"]), (name, number))
        partial = dict(reply.events)[f"{image}.partial_image"]
        self.is_picture(base64.b64decode(partial["partial_image_b64"]), "png",
                        "1024x1024")
        deltas = [data["delta"] for name, data in reply.events if name.endswith("delta")]
        self.assertEqual("".join(deltas), "Here it is.")
        final = reply.events[-1][1]["response"]
        self.assertEqual(final["status"], "completed")
        self.assertTrue(self.calls(final)[0]["result"])

        again = self.api("GET", f"/responses/{final['id']}?stream=true&starting_after=4")
        self.assertEqual(again.events, reply.events[5:])
        other = self.good(self.ask(background=True))["id"]
        self.refused(self.api("GET", f"/responses/{other}?stream=true"), 400)

    def test_ends_of_streams(self):
        for marker, last in (("fail", "response.failed"), ("two", "response.completed"),
                             ("incomplete", "response.incomplete"),
                             ("refusal", "response.completed"),
                             ("stream-error", "error")):
            events = self.ask(f"[[{marker}]]", stream=True).events
            self.assertEqual(events[-1][0], last)
        self.assertEqual(events[-1][1]["code"], "server_error")

    def test_cancel_ends_a_stream(self):
        self.api.control("POST", "set", {"render_seconds": 30})
        link = self.api.connect()
        link.request("POST", "/v1/responses", json.dumps({
            "model": "m", "input": "a", "background": True, "stream": True,
            "tools": [{"type": "image_generation"}]}),
            {"Authorization": f"Bearer {self.api.key}",
             "Content-Type": "application/json"})
        reply = link.getresponse()
        first = b""
        while b"\n\n" not in first:
            first += reply.read1(65536)
        made = json.loads(first.split(b"data: ")[1].split(b"\n")[0])["response"]["id"]
        self.good(self.api("POST", f"/responses/{made}/cancel"))
        reply.read()
        link.close()


# --- files and models

class TestFiles(Case):
    def upload(self, data=b"bytes\r\n--edg\x00", **more):
        return self.api("POST", "/files", form=[
            ("purpose", more.pop("purpose", "vision")), *more.items(),
            ("file", ("m%22x.png", "image/png", data))])

    def test_life_of_a_file(self):
        data = bytes(range(256)) * 50
        made = self.good(self.upload(data))
        self.assertEqual((made["object"], made["bytes"], made["filename"],
                          made["purpose"], made["status"], made["expires_at"]),
                         ("file", len(data), 'm"x.png', "vision", "processed", None))
        path = f"/files/{made['id']}"
        self.assertEqual(self.good(self.api("GET", path)), made)
        self.assertEqual(self.api("GET", f"{path}/content").data, data)
        self.assertEqual(self.good(self.api("DELETE", path)),
                         {"id": made["id"], "object": "file", "deleted": True})
        for method, tail in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
            self.refused(self.api(method, path + tail), 404)

    def test_expiry(self):
        made = self.good(self.upload(**{"expires_after[anchor]": "created_at",
                                        "expires_after[seconds]": "3600"}))
        self.assertEqual(made["expires_at"], made["created_at"] + 3600)
        for seconds, anchor in (("3599", "created_at"), ("2592001", "created_at"),
                                ("3600", "now"), ("x", "created_at")):
            self.refused(self.upload(**{"expires_after[anchor]": anchor,
                                        "expires_after[seconds]": seconds}), 400)
        self.refused(self.upload(**{"expires_after[seconds]": "3600"}), 400,
                     "expires_after.anchor")

    def test_list(self):
        ids = [self.good(self.upload(purpose=purpose))["id"]
               for purpose in ("vision", "batch", "vision")]
        page = self.good(self.api("GET", "/files?purpose=vision&order=asc&limit=1"))
        self.assertEqual(([item["id"] for item in page["data"]], page["has_more"]),
                         ([ids[0]], True))
        self.refused(self.api("GET", "/files?limit=0"), 400)

    def test_refused(self):
        for form, param in (([("purpose", "vision")], "file"),
                            ([("file", file_part(b"x"))], "purpose"),
                            ([("purpose", "fun"), ("file", file_part(b"x"))], "purpose"),
                            ([("purpose", "vision"), ("file", "text")], "file"),
                            ([("purpose", "vision"), ("files", file_part(b"x"))],
                             "files")):
            self.refused(self.api("POST", "/files", form=form), 400, param)

    def test_broken_multipart(self):
        good, kind = encode_form([("purpose", "vision"), ("file", file_part(b"x"))])
        for body, content_type in (
                (good.replace(b"\r\n", b"\n"), kind), (good[:-6], kind), (b"", kind),
                (good.replace(b'name="purpose"', b"nothing"), kind),
                (good, "multipart/form-data"), (good, kind + "x")):
            self.refused(self.api("POST", "/files", body=body,
                                  headers={"Content-Type": content_type}), 400,
                         code="invalid_multipart")
        with self.assertRaises(ApiError):
            multipart.parse(b"--edge\r\n\r\nx\r\n--edge--", kind)


class TestModels(Case):
    def test_models(self):
        models = {item["id"]: item for item in
                  self.good(self.api("GET", "/models"))["data"]}
        self.assertEqual(models["sora-2"]["shutdown_date"], "2026-09-24")
        self.assertIsNone(models["gpt-image-2"]["shutdown_date"])
        self.assertEqual(self.good(self.api("GET", "/models/sora-2")), models["sora-2"])
        self.refused(self.api("GET", "/models/no-such-model"), 404,
                     code="model_not_found")


# --- faults

class TestFaults(Case):
    def video_path(self):
        self.api.control("POST", "set", {"video_bytes": 300000})
        video = self.good(self.api("POST", "/videos", data={"prompt": "[[render:0]]"}))
        return f"/videos/{video['id']}/content"

    def struck(self, spec, path="/models", method="GET"):
        return self.api.faulty(spec)(method, path)

    def raw_get(self, spec, path="/models", seconds=5.0):
        """Everything that comes, and how it ends: closed, reset or silence."""
        with socket.create_connection(("127.0.0.1", SERVER.port), seconds) as sock:
            sock.sendall((f"GET /fault/{quote(spec, safe=';:=+')}/v1{path} HTTP/1.1\r\n"
                          f"Host: x\r\nAuthorization: Bearer {self.api.key}\r\n\r\n")
                         .encode())
            got = b""
            try:
                while piece := sock.recv(65536):
                    got += piece
                ending = "closed"
            except ConnectionResetError:
                ending = "reset"
            except TimeoutError:
                ending = "silence"
        head, _, body = got.partition(b"\r\n\r\n")
        return SimpleNamespace(head=head.decode("latin-1"), body=body, ending=ending)

    def test_statuses(self):
        for status, code in ((400, "invalid_value"), (401, "invalid_api_key"),
                             (404, None), (409, "conflict"),
                             (429, "rate_limit_exceeded"), (500, "server_error"),
                             (503, "server_is_overloaded"), (520, "server_error")):
            self.refused(self.struck(f"status={status}"), status, code=code)
        self.refused(self.struck("status=400;code=c;type=t;message=m"), 400, code="c",
                     text="m")
        self.refused(self.struck("quota"), 429, code="insufficient_quota")
        self.assertEqual(self.struck("status=204").data, b"")
        reply = self.struck("status=202")
        self.assertEqual((reply.status, reply.json["object"]), (202, "list"))

    def test_retry_headers(self):
        headers = self.struck("status=429;retry-after=1;retry-after-ms=12.5;"
                              "should-retry=false").headers
        self.assertEqual((headers["retry-after"], headers["retry-after-ms"],
                          headers["x-should-retry"]), ("1", "12.5", "false"))
        date = self.struck("status=503;retry-after=date:30").headers["retry-after"]
        ahead = parsedate_to_datetime(date).timestamp() - time.time()
        self.assertTrue(25 < ahead < 31, ahead)

    def test_bodies(self):
        reply = self.struck("html")
        self.assertEqual((reply.status, reply.headers["content-type"][:9]),
                         (200, "text/html"))
        self.assertEqual(self.struck("html-error").status, 502)
        self.assertEqual(self.struck("html-error;status=504").status, 504)
        with self.assertRaises(ValueError):
            self.struck("malformed").json
        self.assertEqual(self.struck("malformed").headers["content-type"],
                         "application/json")
        self.assertEqual(self.struck("deep-json:5").data, b'{"id":[[[[[]]]]]}')
        self.assertGreater(len(self.struck("deep-json").data), 200000)
        for size in (100, 3000000):
            reply = self.struck(f"huge:{size}")
            self.assertEqual(len(reply.data), size)
            self.assertEqual(reply.json["id"], "huge")
        error = self.struck("error-top-level").json
        self.assertEqual(set(error), {"message", "type", "param", "code"})
        self.assertEqual(self.struck("error-top-level;status=403").status, 403)
        self.assertEqual(len(self.struck("big-header:9000").headers["x-big"]), 9000)

    def test_redirects(self):
        reply = self.struck("redirect:http://127.0.0.1:1/x?y=1;status=307")
        self.assertEqual((reply.status, reply.headers["location"]),
                         (307, "http://127.0.0.1:1/x?y=1"))
        reply = self.struck("redirect-same", "/videos?limit=5")
        self.assertEqual((reply.status, reply.headers["location"]), (
            302, f"http://127.0.0.1:{SERVER.port}/direct/v1/videos?limit=5"))
        self.assertEqual(Api(SERVER, self.api.key, "/direct/v1")(
            "GET", "/videos?limit=5").status, 200)

    def test_endings(self):
        path = self.video_path()
        whole = self.api("GET", path).data
        for spec, size, ending, header in (
                ("reset-mid:1000", 1000, "reset", "Content-Length: 300000"),
                ("reset-mid", 150000, "reset", "Content-Length: 300000"),
                ("reset-mid:999999", 299999, "reset", "Content-Length: 300000"),
                ("reset-mid:0", 0, "reset", "Content-Length: 300000"),
                ("short", 150000, "closed", "Connection: close"),
                ("short:7", 7, "closed", "Connection: close"),
                ("no-length", 300000, "closed", "Connection: close"),
                ("length:+100", 300000, "closed", "Content-Length: 300100"),
                ("length:-100", 300000, "closed", "Content-Length: 299900")):
            got = self.raw_get(spec, path)
            self.assertEqual((len(got.body), got.ending), (size, ending), spec)
            self.assertEqual(got.body, whole[:size], spec)
            self.assertIn(header, got.head, spec)
        for spec in ("short", "no-length"):
            self.assertNotIn("Content-Length", self.raw_get(spec, path).head)

    def test_no_answers(self):
        for spec, ending in (("reset-before", "reset"), ("early-close", "closed")):
            got = self.raw_get(spec)
            self.assertEqual((got.head, got.ending), ("", ending), spec)
        got = self.raw_get("garbage")
        self.assertTrue(got.head.startswith("SSH-2.0"))

    def test_chunked(self):
        path = self.video_path()
        reply = self.struck("chunked", path)
        self.assertEqual((len(reply.data), reply.headers["transfer-encoding"]),
                         (300000, "chunked"))
        got = self.raw_get("chunked-cut:1000", path)
        self.assertEqual((got.body[:5], len(got.body), got.ending),
                         (b"3e8\r\n", 1007, "closed"))
        with self.assertRaises(http.client.IncompleteRead):
            self.struck("chunked-cut", path)

    def test_waiting(self):
        path = self.video_path()
        got = self.raw_get("stall:1000", path, seconds=0.5)
        self.assertEqual((len(got.body), got.ending), (1000, "silence"))
        began = time.monotonic()
        self.assertEqual(self.struck("slow-headers:200").status, 200)
        self.assertGreater(time.monotonic() - began, 0.2)
        began = time.monotonic()
        size = len(self.struck("drip:40:20", "/models/sora-2").data)
        self.assertGreater(time.monotonic() - began, 0.02 * (size // 40))

    def test_silent_close(self):
        got = self.raw_get("silent-close")
        self.assertEqual(got.ending, "closed")
        self.assertNotIn("Connection", got.head)
        self.assertIn("Content-Length", got.head)

    def test_unread_body(self):
        link = self.api.faulty("status=413;unread").connect()
        link.putrequest("POST", "/fault/status=413;unread/v1/videos")
        link.putheader("Authorization", f"Bearer {self.api.key}")
        link.putheader("Content-Length", "100000000")
        link.endheaders()
        self.assertEqual(link.getresponse().status, 413)
        link.close()

    def test_faults_of_streams(self):
        body = {"prompt": "a", "model": "m", "stream": True, "partial_images": 1}
        with self.assertRaises(http.client.IncompleteRead):
            self.api.faulty("chunked-cut:5000")("POST", "/images/generations", data=body)
        with self.assertRaises((http.client.IncompleteRead, ConnectionResetError)):
            self.api.faulty("reset-mid:5000")("POST", "/images/generations", data=body)

    def test_in_a_header(self):
        reply = self.api("GET", "/models", headers={"X-Mock-Fault": "status=500"})
        self.assertEqual(reply.status, 500)

    def test_times_skip_and_places(self):
        def statuses(spec, path="/models", count=4):
            return [self.struck(spec, path).status for _ in range(count)]
        self.assertEqual(statuses("status=503;times=2"), [503, 503, 200, 200])
        self.assertEqual(statuses("status=503;times=2", "/files"), [503, 503, 200, 200])
        self.assertEqual(statuses("status=503;skip=1;times=1"), [200, 503, 200, 200])
        self.assertEqual(statuses("status=500;on=*/files"), [200] * 4)
        self.assertEqual(statuses("status=500;on=*/files", "/files"), [500] * 4)
        self.assertEqual(statuses("status=500;method=post"), [200] * 4)

    def test_effects(self):
        """What happened before a fault: reset-before acts, a status does not."""
        for spec, there in (("status=503", 0), ("early-close", 0), ("reset-before", 1)):
            api = Api(SERVER)
            try:
                api.faulty(spec)("POST", "/videos", data={"prompt": "a"})
            except (http.client.HTTPException, OSError):
                pass
            self.assertEqual(len(api("GET", "/videos").json["data"]), there, spec)

    def test_planned(self):
        def plan(**fault):
            return self.api.control("POST", "faults", fault)
        plan(method="GET", path="/v1/models*", count=2, skip=1,
             fault={"status": 429, "retry-after": 1})
        plan(path="/v1/files", fault="status=500")
        statuses = [self.api("GET", path).status for path in
                    ("/models", "/files", "/models", "/models/x", "/models", "/files")]
        self.assertEqual(statuses, [200, 500, 429, 429, 200, 200])
        plan(count=-1, fault={"reset-mid": True, "times": 5})
        listed = self.api.control("GET", "faults")
        self.assertEqual([item["count"] for item in listed], [0, 0, -1])
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.api("GET", "/models")
        self.api.control("DELETE", "faults")
        self.assertEqual(self.api.control("GET", "faults"), [])
        self.assertEqual(self.api("GET", "/models").status, 200)

    def test_for_every_key(self):
        api = Api(SERVER, "everyone")
        api.control("POST", "faults", {"path": "/v1/models/for-every-key",
                                       "fault": "status=418"}, key=None)
        self.assertEqual(self.api("GET", "/models/for-every-key").status, 418)
        self.assertEqual(self.api("GET", "/models/for-every-key").status, 404)

    def test_wrong_faults(self):
        for spec in ("nonsense", "status=abc", "status=99", "drip:0:1", "length:5",
                     "huge", "times=-1", "html=1", "status=503;retry-after=date:x"):
            self.refused(self.struck(spec), 400, code="invalid_fault")
        for data in ({}, {"fault": 5}, {"fault": {}}, {"fault": "x"},
                     {"fault": "html", "foo": 1}):
            self.refused(self.api("POST", "/__mock__/faults", data=data), 400)


# --- observation

class TestObservation(Case):
    def test_log(self):
        self.api("POST", "/videos?x=1", form=[
            ("prompt", "hi"), ("input_reference", file_part(b"abc", name="b.png"))],
            headers={"X-Thing": "Some"})
        self.api("POST", "/videos", data={"prompt": "ä"})
        form, text = self.api.log()
        self.assertEqual((form["method"], form["path"], form["query"], form["status"],
                          form["headers"]["x-thing"], form["done"], form["aborted"]),
                         ("POST", "/v1/videos", "x=1", 400, "Some", True, False))
        self.assertTrue(form["content_type"].startswith("multipart/form-data"))
        self.assertEqual(form["parts"], [
            {"name": "prompt", "filename": None, "type": None, "size": 2,
             "sha256": hashlib.sha256(b"hi").hexdigest(), "value": "hi"},
            {"name": "input_reference", "filename": "b.png", "type": "image/png",
             "size": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}])
        self.assertEqual(json.loads(text["body"]), {"prompt": "ä"})
        self.assertIsNone(text["parts"])
        self.assertLess(abs(text["time"] - time.time()), 5)
        self.api("GET", "/models")
        self.assertEqual(len(self.api.log(method="GET")), 1)
        self.assertEqual(len(self.api.log(path="*/videos")), 2)
        self.api.control("DELETE", "log")
        self.assertEqual(self.api.log(), [])

    def test_aborted(self):
        for spec in ("stall:1000", "drip:10:50", "slow-headers:5000"):
            with socket.create_connection(("127.0.0.1", SERVER.port), 5) as sock:
                sock.sendall((f"GET /fault/{spec}/v1/models HTTP/1.1\r\nHost: x\r\n"
                              f"Authorization: Bearer {self.api.key}\r\n\r\n").encode())
                if spec.startswith("stall"):
                    sock.recv(100)
                else:
                    time.sleep(0.05)
        self.eventually(lambda: [entry["aborted"] for entry in self.api.log()]
                        == [True] * 3)
        entries = self.api.log()
        self.assertEqual(entries[0]["sent"], 1000)
        self.assertEqual(entries[0]["prefix"], "/fault/stall:1000")
        self.assertEqual(entries[0]["fault"], "stall:1000")

    def test_aborted_although_all_was_sent(self):
        with socket.create_connection(("127.0.0.1", SERVER.port), 5) as sock:
            sock.sendall((f"GET /v1/models HTTP/1.1\r\nHost: x\r\n"
                          f"Authorization: Bearer {self.api.key}\r\n\r\n").encode())
            sock.recv(1, socket.MSG_PEEK)   # the answer is here; nobody reads it
        self.eventually(lambda: self.api.log()[0]["aborted"])
        self.assertTrue(self.api.log()[0]["done"])

    def test_stats(self):
        stats = self.api.control("GET", "stats")
        self.assertEqual(stats["calls"], {})
        self.assertGreaterEqual(stats["connections"], 1)
        link = self.api.connect()
        link.request("GET", "/fault/stall:10/v1/models",
                     headers={"Authorization": f"Bearer {self.api.key}"})
        self.eventually(lambda: self.api.control("GET", "stats")["streaming"] == 1)
        self.assertEqual(self.api.control("GET", "stats")["calls"],
                         {"GET /v1/models": 1})
        link.close()

    def test_keys_are_worlds_apart(self):
        other = Api(SERVER)
        video = self.good(self.api("POST", "/videos", data={"prompt": "a"}))
        self.refused(other("GET", f"/videos/{video['id']}"), 404)
        self.assertEqual([entry["path"] for entry in self.api.log()], ["/v1/videos"])
        other.control("POST", "set", {"render_seconds": 99})
        self.assertEqual(self.api.control("GET", "set")["render_seconds"], RENDER)
        self.assertEqual(other.control("GET", "set")["render_seconds"], 99)
        self.api.control("POST", "reset")
        self.refused(self.api("GET", f"/videos/{video['id']}"), 404)
        self.assertEqual(len(other.log()), 1)
        self.assertEqual(other.control("GET", "set")["render_seconds"], 99)

    def test_without_a_key_it_is_about_all(self):
        server = Server("--render-seconds", "7", "--log", os.devnull)
        try:
            one, two = Api(server), Api(server)
            one("GET", "/models")
            two("GET", "/files")
            self.assertEqual([entry["path"] for entry in one.log(key=None)],
                             ["/v1/models", "/v1/files"])
            one.control("POST", "set", {"render_seconds": 1}, key=None)
            self.assertEqual(two.control("GET", "set")["render_seconds"], 1)
            self.assertEqual(Api(server).control("GET", "set")["render_seconds"], 1)
            one.control("POST", "faults", {"fault": "html"}, key=None)
            one.control("POST", "reset", key=None)
            self.assertEqual(one.control("GET", "faults", key=None), [])
            self.assertEqual(one.log(key=None), [])
            self.assertEqual(one.control("GET", "set")["render_seconds"], 7)
        finally:
            self.assertEqual(server.stop(), 0)

    def test_refused(self):
        for method, name, data in (("GET", "nothing", None), ("POST", "log", {}),
                                   ("POST", "set", {"foo": 1}), ("POST", "set", []),
                                   ("POST", "set", {"render_seconds": "1"}),
                                   ("POST", "set", {"video_bytes": 1.5}),
                                   ("GET", "log?foo=1", None)):
            reply = self.api(method, f"/__mock__/{name}", data=data)
            self.assertIn(reply.status, (400, 404, 405))

    def test_log_file(self):
        with tempfile.TemporaryDirectory() as folder:
            server = Server("--log", f"{folder}/log")
            Api(server, "secret-key")("POST", "/videos", data={"prompt": "private"})
            self.assertEqual(server.stop(), 0)
            text = Path(folder, "log").read_text()
        self.assertRegex(text, r" POST /v1/videos 200 \d+ [\d.]+ms - -\n$")
        self.assertNotIn("secret", text)
        self.assertNotIn("private", text)


# --- docs

class TestDocs(Case):
    """docs/stand-in.md names everything there is."""

    def missing(self, *forms):
        page = (ROOT / "docs" / "stand-in.md").read_text()
        return [form for form in forms if form not in page]

    def test_options_of_the_command_line(self):
        usage = subprocess.run([sys.executable, str(MOCK / "server.py"), "--help"],
                               capture_output=True, text=True).stdout
        options = set(re.findall(r"--[a-z-]+", usage)) - {"--help"}
        self.assertGreater(len(options), 5)
        self.assertEqual(self.missing(*(f"`{name}" for name in options)), [])

    def test_faults(self):
        self.assertEqual([name for name in faults._OPTIONS
                          if len(self.missing(f"`{name}`", f"`{name}=",
                                              f"`{name}:")) == 3], [])

    def test_markers(self):
        code = "".join(path.read_text() for path in MOCK.glob("*.py"))
        names = set(re.findall(r'wished(?:_number)?\([a-z_.]+,\s*"([a-z0-9-]+)"', code))
        self.assertGreater(len(names), 12)
        self.assertEqual([name for name in names if len(self.missing(
            f"`[[{name}]]`", f"`[[{name}:")) == 2], [])

    def test_settings_and_entries(self):
        self.assertEqual(self.missing(*(f"`{name}`" for name in
                                        self.api.control("GET", "set"))), [])
        self.api("GET", "/models")
        self.assertEqual(self.missing(*(f"`{name}`" for name in
                                        self.api.log()[0])), [])
        self.assertEqual(self.missing(*(f"`{name}`" for name in
                                        self.api.control("GET", "stats"))), [])


# --- TAP

class Tap(unittest.TestResult):
    """Reports as TAP, which prove understands."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    def _line(self, test, ok: bool, note: str = "") -> None:
        self.number += 1
        name = test.id().removeprefix("__main__.")
        print(f"{'ok' if ok else 'not ok'} {self.number} - {name}{note}", flush=True)

    def _failed(self, test, error) -> None:
        self._line(test, False)
        for line in self._exc_info_to_string(error, test).splitlines():
            print(f"# {line}", flush=True)

    def addSuccess(self, test) -> None:
        self._line(test, True)

    def addSkip(self, test, reason) -> None:
        super().addSkip(test, reason)
        self._line(test, True, f" # SKIP {reason}")

    def addFailure(self, test, error) -> None:
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error) -> None:
        super().addError(test, error)
        self._failed(test, error)


def main() -> int:
    global SERVER
    loader = unittest.defaultTestLoader
    here = sys.modules["__main__"]
    suite = (loader.loadTestsFromNames(sys.argv[1:], here) if sys.argv[1:]
             else loader.loadTestsFromModule(here))
    print(f"1..{suite.countTestCases()}", flush=True)
    SERVER = Server("--render-seconds", str(RENDER))
    result = Tap()
    try:
        suite.run(result)
    finally:
        SERVER.stop()
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
