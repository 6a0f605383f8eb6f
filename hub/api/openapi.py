"""The OpenAPI document: each view says beside its code what it takes and answers.

Shapes are the JSON Schemas of ``hub.api.shapes``, referred to by name; no serializer stands between a stored
profile and the wire, so none describes it either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from hub.api.problems import CONTENT_TYPE, TYPES
from hub.api.shapes import SHAPES
from hub.scopes import SCOPES

Schema = dict[str, Any]
_View = TypeVar("_View", bound=Callable[..., Any])

_MEANINGS = {
    200: "Done",
    201: "Created",
    202: "Taken into the inbox; see Location",
    204: "Done; no body",
    207: "A result for each record",
    300: "Retired; its customers are in several golden records",
    304: "The same as under the ETag given; no body",
    307: "Retired; see Location",
}


def ref(name: str) -> Schema:
    """A reference to one of ``SHAPES``."""
    if name not in SHAPES:
        raise KeyError(name)
    return {"$ref": f"#/components/schemas/{name}"}


def query(name: str, schema: Schema, description: str, *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, required=required, description=description)


def header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, {"type": "string"}, OpenApiParameter.HEADER, description=description)


def describe(
    summary: str,
    *,
    answers: Mapping[int, Schema | None],
    body: Schema | None = None,
    more_bodies: Mapping[str, Schema] | None = None,
    problems: Sequence[str] = (),
    parameters: Sequence[OpenApiParameter] = (),
    name: str | None = None,
    answer_type: str = "application/json",
) -> Callable[[_View], _View]:
    """What one method of a view takes (JSON ``body``) and answers, and the problems of its own.

    Problems that every route may answer are added: see ``_common``.
    """
    responses: dict[Any, Any] = {}
    for status, schema in answers.items():
        meaning = _MEANINGS[status]
        if schema is None:
            responses[status] = OpenApiResponse(description=meaning)
        else:
            responses[(status, answer_type)] = OpenApiResponse(schema, description=meaning)
    slugs: dict[int, list[str]] = {}
    for slug in dict.fromkeys((*problems, *_of_parameters(parameters), *_common(body is not None))):
        slugs.setdefault(TYPES[slug][0], []).append(slug)
    for status, of_status in sorted(slugs.items()):
        titles = "; ".join(f"{TYPES[slug][1]} (`/problems/{slug}`)" for slug in of_status)
        responses[(status, CONTENT_TYPE)] = OpenApiResponse(ref("Problem"), description=titles)
    bodies = {"application/json": body, **(more_bodies or {})} if body is not None else None
    return extend_schema(
        operation_id=name, summary=summary, request=bodies, responses=responses, parameters=list(parameters)
    )


def _of_parameters(parameters: Sequence[OpenApiParameter]) -> list[str]:
    of_header = {
        "Idempotency-Key": ["invalid-idempotency-key", "idempotency-key-reused"],
        "If-Match": ["precondition-required", "precondition-failed"],
    }
    found = [slug for parameter in parameters for slug in of_header.get(parameter.name, [])]
    in_query = any(parameter.location == OpenApiParameter.QUERY for parameter in parameters)
    return [*found, *(["invalid-request"] if in_query else [])]


def _common(has_body: bool) -> list[str]:
    of_all = [
        "unauthenticated",
        "insufficient-scope",
        "not-acceptable",
        "rate-limited",
        "internal-error",
        "unavailable",
    ]
    of_bodies = [
        "empty-body", "invalid-json", "not-utf-8", "too-deep", "duplicate-key", "invalid-encoding", "invalid-request",
        "body-too-slow", "overloaded",
        "length-required", "body-too-large", "unsupported-media-type",
    ]  # fmt: skip
    return of_all + (of_bodies if has_body else [])


class Described(AutoSchema):
    """What drf-spectacular makes of a view; a door that is ``deprecated`` is so in the document too."""

    def is_deprecated(self) -> bool:
        return getattr(self.view, "deprecated", None) is not None or bool(super().is_deprecated())


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[misc,no-untyped-call]
    """OAuth2 client credentials, with the scopes that the view asks for."""

    target_class = "hub.api.access.BearerToken"
    name = "oauth2"

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        named = auto_schema.view.required_scopes
        return {self.name: list(named.get(auto_schema.method, []) if isinstance(named, dict) else named)}

    def get_security_definition(self, auto_schema: Any) -> Schema:
        flow = {"tokenUrl": "/oauth/token/", "scopes": dict(SCOPES)}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}


def complete(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """Add the shapes that views refer to, and say that bodies are required."""
    components = result.setdefault("components", {})
    components["schemas"] = {**components.get("schemas", {}), **deepcopy(SHAPES)}
    components["schemas"] = dict(sorted(components["schemas"].items()))
    for operations in result["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return result


SETTINGS = {
    "TITLE": "Concord",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Customer identity resolution and master data: records in, golden records out.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["hub.api.openapi.complete"],
    "SORT_OPERATIONS": True,
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
