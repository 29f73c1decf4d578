"""Refusals, in the shape the real API gives them.

Every check in the stand-in ends in an ApiError; the connection turns it into
an answer.  The codes matter more than the sentences: clients branch on them.
"""

from __future__ import annotations

from typing import Any, Iterable

INVALID_REQUEST = "invalid_request_error"


class ApiError(Exception):
    """An answer with a status of 400 or more and an OpenAI error body."""

    def __init__(self, status: int, message: str, *, param: str | None = None,
                 code: str | None = None, kind: str = INVALID_REQUEST,
                 headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.kind = kind
        self.headers = list(headers)

    def body(self) -> dict[str, Any]:
        return {"error": self.fields()}

    def fields(self) -> dict[str, Any]:
        return {"message": self.message, "type": self.kind,
                "param": self.param, "code": self.code}


def bad_request(message: str, param: str | None = None,
                code: str | None = None) -> ApiError:
    return ApiError(400, message, param=param, code=code)


def missing(param: str) -> ApiError:
    return bad_request(f"Missing required parameter: '{param}'.", param,
                       "missing_required_parameter")


def unknown(param: str) -> ApiError:
    return bad_request(f"Unknown parameter: '{param}'.", param,
                       "unknown_parameter")


def repeated(param: str) -> ApiError:
    return bad_request(f"Duplicate parameter: '{param}'. A list is sent as"
                       f" '{param}[]'.", param, "duplicate_parameter")


def wrong_type(param: str, expected: str, got: Any) -> ApiError:
    return bad_request(f"Invalid type for '{param}': expected {expected}, but"
                       f" got {type_name(got)} instead.", param, "invalid_type")


def wrong_value(param: str, got: Any, allowed: Iterable[Any]) -> ApiError:
    names = ", ".join(f"'{value}'" for value in allowed)
    return bad_request(f"Invalid value: '{got}'. Supported values are: {names}.",
                       param, "invalid_value")


def no_such_model(model: str) -> ApiError:
    return ApiError(404, f"The model '{model}' does not exist or you do not"
                    " have access to it.", param="model", code="model_not_found")


def type_name(value: Any) -> str:
    """The JSON name of a value's type, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a decimal"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, dict):
        return "an object"
    return "a file"
