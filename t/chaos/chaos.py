"""Chaos: many clients of all kinds, a provider with faults, and workers that are reloaded, terminated and killed, for as
long as it is told.  What must hold meanwhile and at the end is in verdict().

    python3 t/chaos/chaos.py NGINX MODULE SECONDS [SEED]

The seed decides what clients and the disturber choose; which of two threads comes first it does not.
"""
import json, os, random, re, shutil, signal, socket, subprocess, sys, tempfile, threading, time, urllib.request

from PIL import Image

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LEGACY, MODERN = "2025-11-25", "2026-07-28"
META = "io.modelcontextprotocol/"
VIDEO_BYTES = 300_000
CLIENTS = 12

FAULTS = ["status=500", "status=503;retry-after-ms=20", "status=429;retry-after-ms=20", "quota", "html-error", "malformed",
          "deep-json:100000", "huge:300000", "garbage", "early-close", "slow-headers:700", "reset-before", "reset-mid:500",
          "stall:200", "drip:4000:20", "length:+10", "length:-10", "no-length", "short:300", "chunked-cut:400",
          "silent-close", "big-header:20000", "redirect-same"]
PATHS = ["/v1/videos", "/v1/videos/*", "/v1/videos/*/content", "/v1/images/*", "/v1/responses", "/v1/responses/*", "*"]

CONFIG = """
load_module %(module)s;
user root;
worker_processes 2;
daemon off;
pid %(dir)s/nginx.pid;
error_log %(dir)s/error.log info;
worker_shutdown_timeout %(shutdown)s;
worker_rlimit_core 0;
thread_pool default threads=%(threads)d max_queue=64;
events { worker_connections 1024; }
http {
    log_format chaos '$status $sanzaru_method $sanzaru_tool $sanzaru_outcome $request_time';
    access_log %(dir)s/access.log chaos;
    client_body_temp_path %(dir)s/tmp/body;
    proxy_temp_path %(dir)s/tmp/proxy;
    fastcgi_temp_path %(dir)s/tmp/fastcgi;
    uwsgi_temp_path %(dir)s/tmp/uwsgi;
    scgi_temp_path %(dir)s/tmp/scgi;
    client_body_timeout 5s;
    send_timeout 5s;
    sanzaru_state_path %(dir)s/state;
    sanzaru_zone_size 512k;
    sanzaru_max_transfers %(transfers)d queue=8;
    sanzaru_image_jobs 2 queue=4;
    sanzaru_task_ttl 10m;
    sanzaru_provider openai {
        base_url %(upstream)s;
        key chaos;
        timeout 5s;
        stall_timeout 2s;
        connect_timeout 2s;
    }
    server {
        listen 127.0.0.1:%(port)d;
        location /mcp {
            sanzaru_mcp;
            client_max_body_size 2m;
            sanzaru_caller $http_x_caller;
            sanzaru_media_path %(dir)s/media;
            sanzaru_service video provider=openai;
            sanzaru_service image provider=openai;
            sanzaru_poll_interval 50ms 100ms;
            sanzaru_keepalive 1s;
            sanzaru_call_timeout %(timeout)s;
        }
        %(more)s
    }
}
"""


def say(text):
    print("%8.1f  %s" % (time.monotonic() - STARTED, text), flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Stage:
    """The stand-in, the gateway, and what is read about them."""

    def __init__(self, nginx, module, rng):
        self.nginx, self.module, self.rng = nginx, module, rng
        self.dir = tempfile.mkdtemp(prefix="sanzaru_chaos_")
        self.port = free_port()
        self.over = threading.Event()
        self.killed = 0
        self.lock = threading.Lock()
        self.prompts = 0
        self.counts = {}
        for name in ("tmp", "media/videos", "media/images", "state"):
            os.makedirs(os.path.join(self.dir, name))
        for i, (width, height) in enumerate(((1600, 1200), (1280, 720), (300, 500))):
            Image.radial_gradient("L").resize((width, height)).convert("RGB").save(
                "%s/media/images/in%d.png" % (self.dir, i))

    def start(self):
        port_file = self.dir + "/stand-in.port"
        self.mock = subprocess.Popen(
            ["python3", ROOT + "/t/mock/server.py", "--port", "0", "--port-file", port_file, "--parent-watch",
             "--render-seconds", "0.5", "--video-bytes", str(VIDEO_BYTES)], stdout=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(port_file), 30, "the stand-in")
        with open(port_file) as f:
            self.upstream = "http://127.0.0.1:%s" % f.read().strip()
        self.configure()
        environment = dict(os.environ)
        if "asan" in self.module:
            reports = self.dir + "/asan"
            environment["ASAN_OPTIONS"] = "detect_odr_violation=0:detect_leaks=0:log_path=" + reports
            environment["UBSAN_OPTIONS"] = ("print_stacktrace=1:log_path=%s:suppressions=%s/t/ubsan.suppress"
                                            % (reports, ROOT))
        self.master = subprocess.Popen([self.nginx, "-p", self.dir, "-c", self.dir + "/nginx.conf", "-e",
                                        self.dir + "/error.log"], env=environment)
        wait_for(self.serves, 60, "the gateway")

    def configure(self):
        rng = self.rng
        more = rng.choice(["", "location /other { sanzaru_mcp; sanzaru_media_path %s/media; }" % self.dir])
        with open(self.dir + "/nginx.conf", "w") as f:
            f.write(CONFIG % dict(module=self.module, dir=self.dir, port=self.port, upstream=self.upstream + "/v1",
                                  shutdown=rng.choice(["2s", "10s"]), threads=rng.choice([2, 4]), more=more,
                                  transfers=rng.choice([3, 8]), timeout=rng.choice(["3s", "20s"])))

    def serves(self):
        try:
            return "result" in self.post({"jsonrpc": "2.0", "id": 1, "method": "ping"}, {})
        except (OSError, ValueError):
            return False

    def post(self, message, headers, timeout=30):
        request = urllib.request.Request("http://127.0.0.1:%d/mcp" % self.port, data=json.dumps(message).encode(),
                                         headers={"Content-Type": "application/json", "Accept": "application/json",
                                                  "MCP-Protocol-Version": LEGACY, **headers})
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)

    def control(self, method, path, data=None):
        request = urllib.request.Request(self.upstream + path, method=method,
                                         data=json.dumps(data).encode() if data is not None else None,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def workers(self):
        try:
            with open("/proc/%d/task/%d/children" % (self.master.pid, self.master.pid)) as f:
                return [int(v) for v in f.read().split()]
        except OSError:
            return []

    def prompt(self, wish=""):
        with self.lock:
            self.prompts += 1
            return "%s chaos-%d-end" % (wish, self.prompts)

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def log(self):
        with open(self.dir + "/error.log", errors="replace") as f:
            return f.read().splitlines()

    def end(self):
        for process in (self.master, self.mock):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(test, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.05)
    raise SystemExit("%s: not within %d seconds" % (what, seconds))


class Client(threading.Thread):
    """Does one thing after another, and leaves at any moment."""

    def __init__(self, stage, number, rng):
        super().__init__(daemon=True)
        self.stage, self.rng = stage, rng
        self.caller = "caller-%d" % (number % 4)
        self.session = None
        self.tasks, self.videos, self.responses = [], [], []
        self.number = 0

    def run(self):
        while not self.stage.over.is_set():
            deed = self.rng.choices(*zip(*self.DEEDS))[0]
            try:
                deed(self)
            except (OSError, ValueError, KeyError, IndexError, TypeError):
                self.stage.count("broken")      # the connection, or an answer that was cut
                time.sleep(0.05)

    # one request, with what a network and a person can do to it

    def send(self, message, modern=False, patience=25, **more):
        rng = self.rng
        headers = {"Host": "127.0.0.1", "Content-Type": "application/json", "X-Caller": self.caller,
                   "Accept": "application/json, text/event-stream", "Connection": "close",
                   "MCP-Protocol-Version": MODERN if modern else LEGACY}
        if self.session and not modern:
            headers["Mcp-Session-Id"] = self.session
        if modern:
            headers["Mcp-Method"] = message["method"]
            name = message["params"].get("name") or message["params"].get("taskId")
            if name:
                headers["Mcp-Name"] = name
        headers.update(more)
        body = json.dumps(message).encode()
        headers["Content-Length"] = str(len(body))
        data = ("POST /mcp HTTP/1.1\r\n" + "".join("%s: %s\r\n" % h for h in headers.items()) + "\r\n").encode() + body
        how = rng.random()
        with socket.create_connection(("127.0.0.1", self.stage.port), timeout=5) as s:
            s.settimeout(patience)
            if how < 0.05:                      # leaves with half a request
                s.sendall(data[:rng.randrange(len(data))])
                time.sleep(rng.random() * 0.2)
                return self.leave(s)
            if how < 0.10:                      # sends slowly
                cut = rng.randrange(len(data))
                s.sendall(data[:cut])
                time.sleep(rng.random())
                s.sendall(data[cut:])
            else:
                s.sendall(data)
            if how > 0.80:                      # leaves before the answer, or in it
                time.sleep(rng.random() ** 2 * 3)
                return self.leave(s)
            return self.read(s, slow=0.10 < how < 0.15)

    def leave(self, s):
        if self.rng.random() < 0.5:             # with RST
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.stage.count("left")
        return None

    def read(self, s, slow):
        text = b""
        while True:
            piece = s.recv(64 if slow else 65536)
            if not piece:
                break
            text += piece
            if slow:
                time.sleep(0.01)
            if self.stage.over.is_set():
                return None
        head, _, body = text.partition(b"\r\n\r\n")
        self.stage.count(head[9:12].decode() or "none")
        found = re.search(rb"(?i)mcp-session-id: (\S+)", head)
        if found:
            self.session = found.group(1).decode()
        if b" 404 " in head[:15]:
            self.session = None
        if b"text/event-stream" in head:
            events = re.findall(rb"^data: (.+)$", body, re.M)
            body = events[-1] if events else b""
        return json.loads(body) if body else None

    def message(self, method, params=None):
        self.number += 1
        return {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params or {}}

    def modern(self, method, params, capabilities=None):
        params = dict(params, _meta={META + "protocolVersion": MODERN, META + "clientCapabilities": capabilities or {},
                                     **({"progressToken": 1} if self.rng.random() < 0.5 else {})})
        return self.send(self.message(method, params), modern=True)

    def tool(self, name, arguments):
        params = {"name": name, "arguments": arguments}
        if self.rng.random() < 0.5:
            answer = self.modern("tools/call", params)
        else:
            if self.rng.random() < 0.5:
                params["_meta"] = {"progressToken": 7}
            answer = self.send(self.message("tools/call", params))
        result = (answer or {}).get("result") or {}
        self.stage.count("tool failed" if result.get("isError") else "tool")
        return {} if result.get("isError") else result.get("structuredContent") or {}

    # what they do

    def open(self):
        self.send(self.message("initialize", {"protocolVersion": LEGACY, "capabilities": {"elicitation": {}},
                                              "clientInfo": {"name": "chaos", "version": "1"}}))

    def look(self):
        self.send(self.message(self.rng.choice(["ping", "tools/list", "resources/list", "prompts/list"])))

    def large(self):
        self.send(self.message("ping", {"_meta": {"pad": "x" * self.rng.choice([70_000, 700_000, 3_000_000])}}))

    def batch(self):
        calls = [self.message("tools/call", {"name": n, "arguments": {}})
                 for n in ("list_local_videos", "list_videos", "list_reference_images")]
        self.send(calls, **{"MCP-Protocol-Version": "2025-03-26"})

    def create(self):
        wish = self.rng.choice(["", "", "[[fail]]", "[[moderation]]", "[[sparse]]"])
        video = self.tool("create_video", {"prompt": self.stage.prompt(wish), "wait": self.rng.choice([0, 0, 2])})
        if video.get("id"):
            self.videos.append(video["id"])

    def follow(self):
        video = self.rng.choice(self.videos)
        self.tool(self.rng.choice(["get_video_status", "download_video", "download_video", "list_videos", "delete_video"]),
                  {"video_id": video}) if self.rng.random() < 0.8 else self.tool("list_videos", {})

    def paint(self):
        self.tool("generate_image", {"prompt": self.stage.prompt(self.rng.choice(["", "[[jpeg]]", "[[badbase64]]"])),
                                     "partial_images": self.rng.choice([0, 2]), "n": self.rng.choice([1, 2]),
                                     "size": "1024x1024"})

    def edit(self):
        self.tool("edit_image", {"prompt": self.stage.prompt(), "input_images": ["in%d.png" % self.rng.randrange(3)]})

    def prepare(self):
        self.tool("prepare_reference_image", {"input_filename": "in%d.png" % self.rng.randrange(3),
                                              "target_size": self.rng.choice(["1280x720", "720x1280"]),
                                              "output_filename": "out%d.jpg" % self.rng.randrange(6)})

    def respond(self):
        made = self.tool("create_image", {"prompt": self.stage.prompt(), "wait": self.rng.choice([0, 2])})
        if made.get("id"):
            self.responses.append(made["id"])

    def fetch(self):
        self.tool(self.rng.choice(["get_image_status", "download_image"]),
                  {"response_id": self.rng.choice(self.responses)})

    def task(self):
        tool = self.rng.choice(["create_video", "create_image"])
        answer = self.modern("tools/call", {"name": tool, "arguments": {"prompt": self.stage.prompt()}},
                             {"extensions": {META + "tasks": {}}})
        task = ((answer or {}).get("result") or {}).get("taskId")
        if task:
            self.tasks.append(task)

    def ask_task(self):
        self.modern(self.rng.choice(["tasks/get", "tasks/get", "tasks/get", "tasks/cancel"]),
                    {"taskId": self.rng.choice(self.tasks)}, {"extensions": {META + "tasks": {}}})

    def listen(self):
        headers = {"Host": "127.0.0.1", "X-Caller": self.caller, "Accept": "text/event-stream",
                   "MCP-Protocol-Version": LEGACY, "Mcp-Session-Id": self.session or "none"}
        if self.rng.random() < 0.3:
            headers["Last-Event-ID"] = "%032x-1" % self.rng.getrandbits(128)
        with socket.create_connection(("127.0.0.1", self.stage.port), timeout=5) as s:
            s.sendall(("GET /mcp HTTP/1.1\r\n" + "".join("%s: %s\r\n" % h for h in headers.items()) + "\r\n").encode())
            s.settimeout(self.rng.random() * 3)
            try:
                while s.recv(4096):
                    pass
            except socket.timeout:
                self.leave(s)

    def subscribe(self):
        self.modern("subscriptions/listen", {"notifications": {
            "resourcesListChanged": True, "resourceSubscriptions": ["sanzaru://images/in0.png"]}})

    def read_file(self):
        self.send(self.message("resources/read", {"uri": "sanzaru://images/in%d.png" % self.rng.randrange(3)}))

    def cancel(self):
        self.send({"jsonrpc": "2.0", "method": "notifications/cancelled",
                   "params": {"requestId": self.rng.randrange(self.number + 1)}})

    def close(self):
        if self.session:
            with socket.create_connection(("127.0.0.1", self.stage.port), timeout=5) as s:
                s.sendall(("DELETE /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Caller: %s\r\nMcp-Session-Id: %s\r\n"
                           "Connection: close\r\n\r\n" % (self.caller, self.session)).encode())
                s.settimeout(5)
                s.recv(4096)
            self.session = None

    def nonsense(self):
        with socket.create_connection(("127.0.0.1", self.stage.port), timeout=5) as s:
            s.settimeout(5)
            s.sendall(b"POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n"
                      + self.rng.randbytes(40))
            s.recv(4096)

    DEEDS = [(open, 4), (look, 8), (large, 2), (batch, 3), (create, 8), (follow, 10), (paint, 5), (edit, 3), (prepare, 5),
             (respond, 3), (fetch, 3), (task, 5), (ask_task, 5), (listen, 4), (subscribe, 3), (read_file, 3), (cancel, 3),
             (close, 1), (nonsense, 1)]


class Disturber(threading.Thread):
    """Reloads, terminates and kills; and gives the provider faults."""

    def __init__(self, stage, rng):
        super().__init__(daemon=True)
        self.stage, self.rng = stage, rng

    def run(self):
        stage, rng = self.stage, self.rng
        while not stage.over.wait(0.2 + rng.random() * 1.6):
            try:
                rng.choices([self.reload, self.kill, self.terminate, self.reopen, self.fault, self.heal],
                            [3, 2, 2, 1, 8, 4])[0]()
            except (OSError, ValueError):
                pass                            # a worker that had gone already

    def reload(self):
        self.stage.configure()
        self.stage.count("reload")
        self.stage.master.send_signal(signal.SIGHUP)

    def kill(self):
        workers = self.stage.workers()
        if workers:
            self.stage.count("kill")
            self.stage.killed += 1
            os.kill(self.rng.choice(workers), signal.SIGKILL)

    def terminate(self):
        workers = self.stage.workers()
        if workers:
            self.stage.count("terminate")
            os.kill(self.rng.choice(workers), signal.SIGTERM)

    def reopen(self):
        self.stage.master.send_signal(signal.SIGUSR1)

    def fault(self):
        self.stage.count("fault")
        self.stage.control("POST", "/__mock__/faults", {"path": self.rng.choice(PATHS), "count": self.rng.choice([1, 3, 10]),
                                                        "fault": self.rng.choice(FAULTS)})

    def heal(self):
        self.stage.control("DELETE", "/__mock__/faults")


# what must hold

def damaged(stage):
    bad = []
    for name in os.listdir(stage.dir + "/media/images"):
        path = "%s/media/images/%s" % (stage.dir, name)
        if name.startswith(".") or ".partial" in name:
            continue
        try:
            with Image.open(path) as picture:
                picture.load()
        except Exception as e:                  # whatever Pillow says of it
            bad.append("%s: %s" % (name, e))
    for name in os.listdir(stage.dir + "/media/videos"):
        path = "%s/media/videos/%s" % (stage.dir, name)
        if not name.startswith(".") and os.path.getsize(path) != VIDEO_BYTES:
            bad.append("%s: %d bytes" % (name, os.path.getsize(path)))
    return bad


def paid_twice(stage):
    """Prompts that the provider was asked for more than once and took more than once; each is sent once by its client."""
    seen = {}
    for call in stage.control("GET", "/__mock__/log?method=POST"):
        if call.get("status") not in (200, None) or not re.match(r"/v1/(videos|images|responses)", call["path"]):
            continue
        text = (call.get("body") or "") + "".join(p.get("value") or "" for p in call.get("parts") or [])
        found = re.search(r"chaos-(\d+)-end", text)
        if found and call.get("fault") is None:
            seen[found.group(1)] = seen.get(found.group(1), 0) + 1
    return ["prompt %s: %d times" % item for item in seen.items() if item[1] > 1]


def unfinished_tasks(stage):
    folder = stage.dir + "/state/tasks"
    left = []
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        if name.endswith(".json"):
            with open(os.path.join(folder, name)) as f:
                status = json.load(f).get("status")
            if status in ("working", "input_required"):
                left.append("%s: %s" % (name, status))
    return left


def alarms(stage):
    """
    Lines that no operator should see, but for those about workers that were killed here, and about the connections of a
    worker that was terminated while it finished in order: nginx 1.22 takes these for forgotten.
    """
    found, ended = [], {}
    for line in stage.log():
        worker = re.search(r"\] (\d+)#", line)
        worker = worker and worker.group(1)
        if "gracefully shutting down" in line or "signal 15 (SIGTERM)" in line:
            ended.setdefault(worker, set()).add("TERM" if "SIGTERM" in line else "QUIT")
        if not re.search(r"\[(alert|emerg|crit)\]", line) or re.search(
                r"exited on signal 9|shared memory zone .* was locked by", line):
            continue
        if re.search(r"open socket #|aborting$", line) and len(ended.get(worker, ())) == 2:
            continue
        found.append(line)
    return found


def sanitizer_reports(stage):
    found = []
    for name in os.listdir(stage.dir):
        if name.startswith("asan"):
            with open(os.path.join(stage.dir, name), errors="replace") as f:
                found.append(f.read()[:3000])
    return found


def verdict(stage):
    """Names and findings; empty: all is well."""
    stage.control("DELETE", "/__mock__/faults")
    checks = {"the master has ended": [] if stage.master.poll() is None else ["yes"]}
    try:
        wait_for(stage.serves, 30, "a ping")
        checks["does not serve any more"] = []
    except SystemExit as e:
        checks["does not serve any more"] = [str(e)]
    end = time.monotonic() + 90
    while unfinished_tasks(stage) and time.monotonic() < end:
        time.sleep(0.5)
    checks["tasks without an end"] = unfinished_tasks(stage)
    checks["damaged files"] = damaged(stage)
    checks["paid for twice"] = paid_twice(stage)
    checks["alarms in the log"] = alarms(stage)[:20]
    checks["reports of the sanitizers"] = sanitizer_reports(stage)
    for pid in stage.workers():
        n = len(os.listdir("/proc/%d/fd" % pid))
        if n > 300:
            checks.setdefault("descriptors", []).append("worker %d has %d" % (pid, n))
    return {what: found for what, found in checks.items() if found}


def main():
    nginx, module, seconds = sys.argv[1], os.path.abspath(sys.argv[2]), float(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 and sys.argv[4] else random.SystemRandom().randrange(1 << 32)
    print("seed %d, %.0f seconds" % (seed, seconds), flush=True)
    rng = random.Random(seed)
    stage = Stage(nginx, module, random.Random(rng.random()))
    stage.start()
    crowd = [Client(stage, i, random.Random(rng.random())) for i in range(CLIENTS)]
    crowd.append(Disturber(stage, random.Random(rng.random())))
    for one in crowd:
        one.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end and stage.master.poll() is None and not sanitizer_reports(stage):
        time.sleep(min(15, max(0.1, end - time.monotonic())))
        say("%s, workers %s" % (" ".join("%s:%d" % c for c in sorted(stage.counts.items())), stage.workers()))
    stage.over.set()
    for one in crowd:
        one.join(30)
    bad = verdict(stage)
    stage.end()
    for what, found in bad.items():
        print("FAILED, %s:" % what, *found, sep="\n    ")
    if bad:
        print("kept: %s; again with the seed %d" % (stage.dir, seed))
        sys.exit(1)
    shutil.rmtree(stage.dir, ignore_errors=True)
    print("chaos: nothing was lost in %.0f seconds, seed %d" % (seconds, seed))


STARTED = time.monotonic()

if __name__ == "__main__":
    main()
