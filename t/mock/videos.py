"""/v1/videos: jobs that render by the wall clock."""

import os
import tempfile
import time

import fields
import sizes
from http1 import Refused, Request, Response
from state import Space, State

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")

SECONDS = ("4", "8", "12", "16", "20")
SIZES = ("720x1280", "1280x720", "1024x1792", "1792x1024",
         "1080x1920", "1920x1080")

VARIANTS = {
    "video": ("video.mp4", "video/mp4"),
    "thumbnail": ("thumbnail.webp", "image/webp"),
    "spritesheet": ("spritesheet.jpg", "image/jpeg"),
}

QUEUED_SHARE = 0.2                      # of the rendering time


def progress(space: Space, video: dict) -> None:
    """Moves a job to where the clock says it is."""
    if video["status"] in ("completed", "failed"):
        return
    total = max(space.settings.render_seconds, 0.001)
    share = (time.time() - video["_started"]) / total
    if share < QUEUED_SHARE:
        return
    video["status"] = "in_progress"
    video["progress"] = min(99, int(100 * (share - QUEUED_SHARE)
                                    / (1 - QUEUED_SHARE)))
    if share < 1:
        return
    if "[[fail]]" in video["prompt"]:
        video["status"] = "failed"
        video["error"] = {"code": "moderation_blocked",
                          "message": "Your request was blocked by our "
                                     "moderation system."}
        return
    video["status"] = "completed"
    video["progress"] = 100
    video["completed_at"] = int(time.time())
    video["expires_at"] = int(time.time()) + 3600


def shown(video: dict) -> dict:
    return {name: value for name, value in video.items()
            if not name.startswith("_")}


def find(space: Space, video_id: str) -> dict:
    video = space.videos.get(video_id)
    if video is None:
        raise Refused(404, f"Video with id '{video_id}' not found.",
                      "not_found", "video_id")
    progress(space, video)
    return video


def start(state: State, space: Space, prompt: str, model: str, seconds: str,
          size: str, remixed_from: str | None = None) -> Response:
    video = {
        "id": state.new_id("video"), "object": "video", "model": model,
        "status": "queued", "progress": 0, "created_at": int(time.time()),
        "completed_at": None, "expires_at": None, "prompt": prompt,
        "size": size, "seconds": seconds,
        "remixed_from_video_id": remixed_from, "error": None,
        "_started": time.time(),
    }
    space.videos[video["id"]] = video
    return Response.of(shown(video))


def check_reference(files, size: str) -> None:
    if not files:
        return
    if len(files) > 1 or files[0].name != "input_reference":
        raise Refused(400, f"Unknown parameter: '{files[-1].name}'.",
                      "unknown_parameter", files[-1].name)
    picture = sizes.of(files[0].data)
    types = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
    if picture is None or files[0].type != types[picture[0]]:
        raise Refused(400, f"Invalid file 'input_reference': unsupported "
                      f"mimetype ('{files[0].type}'). Supported file formats "
                      "are 'image/jpeg', 'image/png', and 'image/webp'.",
                      "unsupported_file_mimetype", "input_reference")
    if f"{picture[1]}x{picture[2]}" != size:
        raise Refused(400, "Inpaint image must match the requested width and "
                      "height", "invalid_value", "input_reference")


def create(state: State, space: Space, request: Request) -> Response:
    given, files = fields.read(request)
    fields.known(given, {"prompt", "model", "seconds", "size",
                         "input_reference"})
    prompt = fields.text(given, "prompt", 32000, required=True)
    model = fields.model(given, "sora-2")
    seconds = fields.choice(given, "seconds", SECONDS, "4")
    size = fields.choice(given, "size", SIZES, "720x1280")
    check_reference(files, size)
    return start(state, space, prompt, model, seconds, size)


def remix(state: State, space: Space, request: Request,
          video_id: str) -> Response:
    given, _ = fields.read(request)
    fields.known(given, {"prompt"})
    prompt = fields.text(given, "prompt", 32000, required=True)
    video = find(space, video_id)
    if video["status"] != "completed":
        raise Refused(400, "Only completed videos can be remixed.",
                      "invalid_value", "video_id")
    return start(state, space, prompt, video["model"], video["seconds"],
                 video["size"], video_id)


def listing(space: Space, request: Request) -> Response:
    query = request.query
    try:
        limit = int(query.get("limit", "20"))
    except ValueError:
        limit = -1
    if not 0 <= limit <= 100:
        raise Refused(400, "Invalid 'limit': expected an integer from 0 to "
                      "100.", "invalid_value", "limit")
    order = fields.choice(query, "order", ("asc", "desc"), "desc")
    videos = list(space.videos.values())
    if order == "desc":
        videos.reverse()
    if "after" in query:
        ids = [video["id"] for video in videos]
        if query["after"] not in ids:
            raise Refused(404, f"Video with id '{query['after']}' not found.",
                          "not_found", "after")
        videos = videos[ids.index(query["after"]) + 1:]
    page = videos[:limit]
    for video in page:
        progress(space, video)
    return Response.of({
        "object": "list", "data": [shown(video) for video in page],
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": len(videos) > limit})


def delete(space: Space, video_id: str) -> Response:
    video = find(space, video_id)
    if video["status"] not in ("completed", "failed"):
        raise Refused(409, "Videos can be deleted only when they are "
                      "completed or failed.", "conflict", "video_id")
    del space.videos[video_id]
    return Response.of({"id": video_id, "object": "video.deleted",
                        "deleted": True})


def padded(path: str, wanted: int) -> Response:
    """The video with a `free` box of zeros behind, so that it has the wanted
    length and is a valid MP4 still."""
    size = os.path.getsize(path)
    if wanted < size + 8:
        return Response(type="video/mp4", path=path)
    grown = os.path.join(tempfile.gettempdir(),
                         f"sanzaru-stand-in-{wanted}.mp4")
    if not os.path.exists(grown):
        with open(path, "rb") as f:
            data = f.read()
        part = f"{grown}.{os.getpid()}"
        with open(part, "wb") as f:
            f.write(data + (wanted - size).to_bytes(4, "big") + b"free")
            f.truncate(wanted)
        os.replace(part, grown)
    return Response(type="video/mp4", path=grown)


def content(space: Space, request: Request, video_id: str) -> Response:
    variant = fields.choice(request.query, "variant", tuple(VARIANTS), "video")
    video = find(space, video_id)
    if video["status"] != "completed":
        raise Refused(404, "Video is not ready yet, use GET "
                      f"/v1/videos/{video_id} to check its status.",
                      "not_found", "video_id")
    name, mime = VARIANTS[variant]
    path = os.path.join(FIXTURES, name)
    if variant == "video":
        return padded(path, space.settings.video_bytes)
    return Response(type=mime, path=path)


def route(state: State, space: Space, request: Request,
          rest: list[str]) -> Response:
    """rest: the path behind /v1/videos."""
    method = request.method
    if not rest:
        if method == "POST":
            return create(state, space, request)
        if method == "GET":
            return listing(space, request)
    elif len(rest) == 1:
        if method == "GET":
            return Response.of(shown(find(space, rest[0])))
        if method == "DELETE":
            return delete(space, rest[0])
    elif len(rest) == 2 and rest[1] == "content" and method == "GET":
        return content(space, request, rest[0])
    elif len(rest) == 2 and rest[1] == "remix" and method == "POST":
        return remix(state, space, request, rest[0])
    else:
        raise Refused(404, f"Invalid URL ({method} {request.path})")
    raise Refused(405, f"Not allowed to {method} {request.path}.",
                  "method_not_supported")
