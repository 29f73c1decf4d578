#!/usr/bin/env python3
"""The gateway's main job, once, with plain HTTP calls, as a person would want
to watch it: a reference image, a video made with it, the file on disk.

    demo.py MCP_URL MEDIA_FOLDER
"""

import http.client
import json
import os
import shutil
import struct
import sys
import time
import zlib
from urllib.parse import urlsplit

VERSION = "2026-07-28"
META = "io.modelcontextprotocol/"
BAR = 32
WIDTH, HEIGHT = 1600, 1000


class Failed(Exception):
    pass


class Gateway:
    """An MCP client in a page: one POST per call, JSON or a stream back."""

    def __init__(self, url: str):
        parts = urlsplit(url)
        self.host, self.path = parts.netloc, parts.path
        self.calls = 0

    def request(self, method: str, params: dict, on_progress=None):
        self.calls += 1
        meta = {META + "protocolVersion": VERSION,
                META + "clientCapabilities": {},
                META + "clientInfo": {"name": "demo", "version": "1"}}
        if on_progress:
            meta["progressToken"] = self.calls
        headers = {"Content-Type": "application/json",
                   "Accept": "application/json, text/event-stream",
                   "MCP-Protocol-Version": VERSION, "Mcp-Method": method}
        if "name" in params:
            headers["Mcp-Name"] = params["name"]
        connection = http.client.HTTPConnection(self.host, timeout=1800)
        connection.request("POST", self.path, json.dumps({
            "jsonrpc": "2.0", "id": self.calls, "method": method,
            "params": params | {"_meta": meta}}), headers)
        answer = self.read(connection.getresponse(), on_progress)
        if "error" in answer:
            raise Failed(answer["error"]["message"])
        return answer["result"]

    @staticmethod
    def read(response, on_progress) -> dict:
        if response.headers.get_content_type() != "text/event-stream":
            return json.loads(response.read())
        for line in response:
            if not line.startswith(b"data: "):
                continue
            message = json.loads(line[6:])
            if message.get("method") == "notifications/progress":
                on_progress(message["params"])
            else:
                return message
        raise Failed("the stream ended without an answer")

    def tool(self, name: str, arguments: dict, on_progress=None):
        result = self.request("tools/call",
                              {"name": name, "arguments": arguments},
                              on_progress)
        if result["isError"]:
            raise Failed(result["content"][0]["text"])
        return result["structuredContent"]


class Bar:
    """A progress bar on a terminal, a line now and then elsewhere."""

    def __init__(self, label: str):
        self.label = label
        self.terminal = sys.stdout.isatty()
        self.shown = -1

    def __call__(self, progress: dict) -> None:
        total = progress.get("total") or 0
        share = progress["progress"] / total if total else 0
        percent = int(100 * share)
        if self.terminal:
            width = min(BAR, shutil.get_terminal_size().columns - 30)
            full = int(width * share)
            print(f"\r    {self.label} [{'#' * full}{'.' * (width - full)}] "
                  f"{percent:3d} %", end="", flush=True)
        elif percent >= self.shown + 25:
            print(f"    {self.label} {percent:3d} %", flush=True)
            self.shown = percent

    def done(self) -> None:
        if self.terminal:
            self({"progress": 1, "total": 1})
            print(flush=True)


def sunset(path: str) -> None:
    """A picture to start from: a PNG of our own, since no library is here."""
    rows = []
    for y in range(HEIGHT):
        sky = min(1.0, y / (HEIGHT * 0.7))
        row = bytearray(3 * WIDTH)
        for x in range(0, WIDTH):
            near = max(0.0, 1 - ((x - 800) ** 2 + (y - 640) ** 2) / 90000)
            if y > HEIGHT * 0.7:
                near *= 0.4 + 0.6 * (y % 7 == 0)
            row[3 * x] = int(60 + 150 * sky + 45 * near)
            row[3 * x + 1] = int(40 + 70 * sky + 110 * near)
            row[3 * x + 2] = int(120 - 70 * sky + 40 * near)
        rows.append(b"\0" + row)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n"
                + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT,
                                             8, 2, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(b"".join(rows), 6))
                + chunk(b"IEND", b""))


def step(number: int, text: str) -> float:
    print(f"\n{number}. {text}", flush=True)
    return time.time()


def say(text: str, since: float) -> None:
    print(f"    {text}  ({time.time() - since:.2f} s)", flush=True)


def main() -> None:
    url, media = sys.argv[1:3]
    gateway = Gateway(url)

    since = step(1, f"Connect to {url}")
    info = gateway.request("server/discover", {})
    server = info["_meta"][META + "serverInfo"]
    tools = gateway.request("tools/list", {})["tools"]
    say(f"{server['title']} {server['version']}, MCP "
        f"{', '.join(info['supportedVersions'])}, {len(tools)} tools", since)

    since = step(2, "Put a picture into the image folder")
    os.makedirs(f"{media}/images", exist_ok=True)
    sunset(f"{media}/images/sunset.png")
    row = gateway.tool("list_reference_images", {})["data"][0]
    say(f"{row['filename']}, {WIDTH}x{HEIGHT}, {row['size_bytes']:,} bytes",
        since)

    since = step(3, "Make it fit a 1280x720 video")
    prepared = gateway.tool("prepare_reference_image", {
        "input_filename": "sunset.png", "target_size": "1280x720",
        "resize_mode": "crop"})
    name = prepared["output_filename"]
    say(f"{name}, {'x'.join(map(str, prepared['target_size']))}", since)

    since = step(4, "Create a video with it, and wait")
    bar = Bar("rendering  ")
    video = gateway.tool("create_video", {
        "prompt": "Waves roll in, the sun goes down, the camera stays still.",
        "size": "1280x720", "seconds": "4",
        "input_reference_filename": name, "wait": 900}, bar)
    if video["status"] != "completed":
        raise Failed(f"{video['id']} is {video['status']}: {video['error']}")
    bar.done()
    say(f"{video['id']}, {video['seconds']} s, {video['model']}", since)

    since = step(5, "Download it")
    bar = Bar("downloading")
    file = gateway.tool("download_video", {"video_id": video["id"]}, bar)
    bar.done()
    say(f"{file['filename']}, {file['size_bytes']:,} bytes, "
        f"{file['mime_type']}", since)
    print(f"    sha256 {file['sha256']}")

    step(6, "What was made")
    for folder in ("images", "videos"):
        for name in sorted(os.listdir(f"{media}/{folder}")):
            path = f"{media}/{folder}/{name}"
            print(f"    {os.path.getsize(path):>10,}  {path}")
    print("\nDone.")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        print(f"\nFailed: {failed}", file=sys.stderr)
        sys.exit(1)
    except (OSError, ValueError, KeyError, IndexError) as error:
        print(f"\nFailed: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
