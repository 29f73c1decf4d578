"""What the benches of the gateway share: the servers, MCP clients that cost little, and the line about the machine."""
import json, os, platform, re, resource, selectors, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
NGINX = os.environ.get("TEST_NGINX_BINARY") or shutil.which("nginx") or "/usr/sbin/nginx"
VIDEO_BYTES = 7691516                           # of the video in the stress test that this repeats
VERSION = "2025-11-25"
PATIENCE = 60                                   # seconds until something is taken for broken


class Failed(Exception):
    pass


def say(text):
    print(text, file=sys.stderr, flush=True)


def machine():
    with open("/proc/cpuinfo") as f:
        model = next((l.split(":")[1].strip() for l in f if l.startswith("model name")), platform.machine())
    nginx = subprocess.run([NGINX, "-v"], capture_output=True, text=True).stderr.split("/")[-1].strip()
    curl = subprocess.run(["curl", "--version"], capture_output=True, text=True).stdout.split()[1]
    return "%s, %d processors, Linux %s, nginx %s, curl %s, Python %s" % (
        model, os.cpu_count(), platform.release(), nginx, curl, platform.python_version())


def file_system(path):
    return subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True, text=True).stdout.strip()


def until(test, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if test():
            return
        time.sleep(0.02)
    raise Failed("%s: not within %d seconds" % (what, PATIENCE))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return [int(v) for v in f.read().split()]


def listening(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


CONFIG = """
%(load)s
%(user)s
worker_processes 1;
daemon off;
pid %(dir)s/%(name)s.pid;
error_log %(dir)s/%(name)s.log notice;
%(main)s
worker_rlimit_nofile %(files)d;
events { worker_connections %(connections)d; }
http {
    access_log off;
    client_body_temp_path %(dir)s/tmp/body;
    proxy_temp_path %(dir)s/tmp/proxy;
    fastcgi_temp_path %(dir)s/tmp/fastcgi;
    uwsgi_temp_path %(dir)s/tmp/uwsgi;
    scgi_temp_path %(dir)s/tmp/scgi;
    keepalive_requests 1000000;
    %(http)s
    server {
        listen 127.0.0.1:%(port)d backlog=4096;
        %(server)s
        location = /plain { return 200 "{}"; }
    }
}
"""

GATEWAY = """
        location = /mcp {
            sanzaru_mcp;
            sanzaru_media_path %s;
            sanzaru_service video provider=openai;
            sanzaru_service image provider=openai;
            %s
        }
"""


class Servers:
    """The stand-in with one finished video, and nginxes of one worker each; all of it ends with the `with`."""

    def __init__(self, out, video_bytes=VIDEO_BYTES):
        self.video_bytes = video_bytes
        self.module = os.path.join(os.path.abspath(out), "objs", "ngx_http_sanzaru_module.so")
        self.dir = tempfile.mkdtemp(prefix="sanzaru_bench_", dir=os.environ.get("BENCH_TMP"))
        self.processes = []                     # all that has to be ended

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        os.makedirs(self.dir + "/tmp")
        os.makedirs(self.dir + "/media/videos")
        os.makedirs(self.dir + "/media/images")
        return self

    def __exit__(self, *_):
        for p in reversed(self.processes):
            p.terminate()
        for p in self.processes:
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self, *command, env=None):
        p = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)
        self.processes.append(p)
        return p

    def stand_in(self):
        """Sets upstream, the base URL, and video, the id of one that is complete."""
        port_file = self.dir + "/stand-in.port"
        self.start("python3", ROOT + "/t/mock/server.py", "--port", "0", "--port-file", port_file, "--parent-watch",
                   "--render-seconds", "0.01", "--video-bytes", str(self.video_bytes))
        until(lambda: os.path.exists(port_file), "the start of the stand-in")
        with open(port_file) as f:
            self.upstream = "http://127.0.0.1:%s/v1" % f.read().strip()
        video = self.provider("/videos", {"prompt": "a kite"})
        until(lambda: self.provider("/videos/" + video["id"])["status"] == "completed", "the video")
        self.video = video["id"]

    def provider(self, path, data=None):
        request = urllib.request.Request(self.upstream + path, headers={"Authorization": "Bearer bench",
                                                                        "Content-Type": "application/json"},
                                         data=json.dumps(data).encode() if data else None)
        with urllib.request.urlopen(request, timeout=PATIENCE) as r:
            return json.load(r)

    def control(self, method, path, data=None):
        """What the stand-in is told, and says, beside being a provider."""
        request = urllib.request.Request(self.upstream[:-3] + path, method=method,
                                         headers={"Content-Type": "application/json"},
                                         data=json.dumps(data).encode() if data else None)
        with urllib.request.urlopen(request, timeout=PATIENCE) as r:
            return json.load(r)

    def nginx(self, name, load="", main="", http="", server="", env=None, connections=1024):
        """The port and the worker's process id."""
        port = free_port()
        conf = "%s/%s.conf" % (self.dir, name)
        user = "user root;" if os.getuid() == 0 else ""
        with open(conf, "w") as f:
            f.write(CONFIG % {"name": name, "dir": self.dir, "port": port, "load": load, "user": user, "main": main,
                              "http": http, "server": server, "connections": connections,
                              "files": 2 * connections + 100})
        p = self.start(NGINX, "-c", conf, "-p", self.dir, "-e", "%s/%s.log" % (self.dir, name), env=env)
        until(lambda: p.poll() is not None or listening(port), "the start of nginx")
        if p.poll() is not None:
            raise Failed("nginx did not start")
        until(lambda: children(p.pid), "the start of the worker")
        return port, children(p.pid)[0]

    def gateway(self, main="", http="", location="", env=None, name="gateway", module=None, media=None,
                connections=1024, provider=""):
        return self.nginx(name, "load_module %s;" % (module or self.module), main,
                          http + "sanzaru_provider openai { base_url %s; key bench; %s }" % (self.upstream, provider),
                          GATEWAY % (media or self.dir + "/media", location), env, connections)

    def stop(self, pid):
        """Ends the nginx whose worker this is."""
        p = next(p for p in self.processes if pid in children(p.pid))
        p.terminate()
        p.wait(PATIENCE)
        self.processes.remove(p)


class Answer:
    """Takes bytes until a whole HTTP answer is there."""

    def __init__(self):
        self.data = bytearray()
        self.head = self.length = None

    def feed(self, piece):
        self.data += piece
        if self.head is None:
            end = self.data.find(b"\r\n\r\n")
            if end == -1:
                return False
            self.head = bytes(self.data[:end]).decode("latin-1").lower()
            del self.data[:end + 4]
            for line in self.head.split("\r\n"):
                if line.startswith("content-length:"):
                    self.length = int(line.split(":")[1])
        if self.length is None:
            return self.data.endswith(b"0\r\n\r\n")
        return len(self.data) >= self.length

    def message(self):
        """The JSON-RPC message; the last one of a stream."""
        text = self.data.decode()
        if "text/event-stream" in self.head:
            text = [l[6:] for l in text.split("\n") if l.startswith("data: {")][-1]
        return json.loads(text)


class Client:
    """An MCP client: a session, and connections that are kept."""

    def __init__(self, port, path="/mcp"):
        self.port, self.path = port, path
        self.count = 0
        self.session = None
        with self.connect() as s:
            answer = self.ask(s, "initialize", {"protocolVersion": VERSION, "capabilities": {},
                                                "clientInfo": {"name": "bench", "version": "1"}})
            for line in answer.raw_head.split("\r\n"):
                if line.lower().startswith("mcp-session-id:"):
                    self.session = line.split(":", 1)[1].strip()
            s.sendall(self.request("notifications/initialized", None))
            s.recv(65536)

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def request(self, method, params):
        message = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            self.count += 1
            message |= {"id": self.count, "params": params}
        body = json.dumps(message)
        session = "Mcp-Session-Id: %s\r\n" % self.session if self.session else ""
        return ("POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: %s\r\n%s"
                "Content-Length: %d\r\n\r\n%s" % (self.path, VERSION, session, len(body), body)).encode()

    def call(self, tool, arguments):
        return self.request("tools/call", {"name": tool, "arguments": arguments})

    def ask(self, s, method, params):
        s.sendall(self.request(method, params))
        answer = Answer()
        raw = b""
        while True:
            piece = s.recv(65536)
            if not piece:
                raise Failed("the gateway has closed the connection")
            raw += piece
            if answer.feed(piece):
                answer.raw_head = raw.split(b"\r\n\r\n")[0].decode("latin-1")
                return answer


def perform(calls, again=lambda: False):
    """Calls side by side, each on a connection of its own: pairs of a client and what makes its request.  As long as
    `again` says so, each is made again when it is done.  The results, in the order they came, with their numbers."""
    selector = selectors.DefaultSelector()
    results = []
    for number, (client, make) in enumerate(calls):
        s = client.connect()
        selector.register(s, selectors.EVENT_READ, [number, make, Answer()])
        s.sendall(make())
    while selector.get_map():
        ready = selector.select(PATIENCE)
        if not ready:
            raise Failed("nothing came from the gateway for %d seconds" % PATIENCE)
        for key, _ in ready:
            number, make, answer = key.data
            piece = key.fileobj.recv(65536)
            if not piece:
                raise Failed("the gateway has closed a connection")
            if not answer.feed(piece):
                continue
            results.append((number, answer.message()))
            if again():
                key.data[2] = Answer()
                key.fileobj.sendall(make())
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()
    return results


def good(message):
    return not message.get("result", {"isError": True}).get("isError")


def memory(pid, field):
    """VmRSS or VmHWM, in MB (10^6 bytes)."""
    with open("/proc/%d/status" % pid) as f:
        return next(int(l.split()[1]) for l in f if l.startswith(field + ":")) * 1024 / 1e6


def processor(pid):
    """Seconds that a process has had, all its threads together: the clock of clock_getcpuclockid(3), which counts
    nanoseconds where /proc/PID/stat counts hundredths."""
    return time.clock_gettime((~pid << 3) | 2)


def event_thread(pid):
    """Seconds that the thread of the event loop has had a processor, and that it waited for one."""
    with open("/proc/%d/task/%d/schedstat" % (pid, pid)) as f:
        had, waited = f.read().split()[:2]
    return int(had) / 1e9, int(waited) / 1e9


def inputs(out, names):
    """The folder with these pictures."""
    folder = os.environ.get("BENCH_INPUTS") or os.path.join(out, "bench-inputs")
    if not all(os.path.exists(os.path.join(folder, name)) for name in names):
        say("making the pictures")
        sizes = sorted({re.match(r"\d+x\d+", name)[0] for name in names})
        subprocess.run([sys.executable, HERE + "/media/inputs.py", folder, *sizes], check=True)
    return folder


def many_files():
    """As many descriptors for this process, and for what it starts, as may be."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def listen(port, number, headers="", padding=0):
    """A stream that waits for changes of the list of resources; it has been acknowledged."""
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    if padding:
        meta["padding"] = "x" * padding
    body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "subscriptions/listen", "params": {
        "notifications": {"resourcesListChanged": True}, "_meta": meta}})
    s = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    s.sendall(("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
               "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n%s"
               "Mcp-Method: subscriptions/listen\r\nContent-Length: %d\r\n\r\n%s" % (
                   headers, len(body), body)).encode())
    text = b""
    while b"acknowledged" not in text:
        piece = s.recv(65536)
        if not piece:
            raise Failed("a stream was closed: %s" % text.decode()[:300])
        text += piece
    return s


def children_processor():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime
