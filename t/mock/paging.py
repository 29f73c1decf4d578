"""Lists in pages, as all list methods give them."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from errors import ApiError


def page(items: Sequence[Any], query: dict[str, Any], limit: int,
         as_json: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """The page that a query with limit, order and after asks for.

    The items come oldest first and have an `id`.
    """
    items = list(items) if query.get("order") == "asc" else list(reversed(items))
    after = query.get("after")
    if after is not None:
        ids = [item.id for item in items]
        if after not in ids:
            raise ApiError(404, f"There is nothing with the id '{after}' to go"
                           " on after.", param="after")
        items = items[ids.index(after) + 1:]
    shown = items[:query.get("limit", limit)]
    return {"object": "list", "data": [as_json(item) for item in shown],
            "first_id": shown[0].id if shown else None,
            "last_id": shown[-1].id if shown else None,
            "has_more": len(shown) < len(items)}
