"""OpenAPI 3.1 of the native API, from the same table that serves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ringwall.api.native.operation import NativeOperation, Static

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "detail", "requestId"],
    "properties": {
        "type": {"type": "string", "description": "urn:ringwall:CODE"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "remedy": {"type": "string"},
        "requestId": {"type": "string"},
    },
}


def openapi(operations: Sequence[NativeOperation], *, version: str) -> dict[str, Any]:
    """Describe a table of native operations.

    Source: OpenAPI Specification 3.1.0; component schemas are msgspec's JSON Schema 2020-12 of the very types that decode and encode.
    """
    types = list(dict.fromkeys(kind for row in operations for kind in (_input(row), row.output) if _is_struct(kind) and kind is not Static))
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schemas, components = _in_ecmas_words(schemas), _in_ecmas_words(components)
    references = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for row in operations:
        paths.setdefault(row.path.replace("+}", "}"), {})[row.method.lower()] = _operation(row, references, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ringwall", "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/ringwall/v1"}],
        "security": [{"apiKey": []}, {"sigv4": []}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": PROBLEM},
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer", "description": "an API key"},
                "sigv4": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "AWS Signature Version 4, service name `ringwall`",
                },
            },
        },
    }


def _in_ecmas_words(schema: Any) -> Any:
    r"""Write patterns as JSON Schema has them: where Python says `\Z`, since its `$` lets a line end pass, ECMA-262 says `$`."""
    if isinstance(schema, dict):
        return {
            name: value.replace(r"\Z", "$") if name == "pattern" and isinstance(value, str) else _in_ecmas_words(value)
            for name, value in schema.items()
        }
    return [_in_ecmas_words(each) for each in schema] if isinstance(schema, list | tuple) else schema


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _input(row: NativeOperation) -> Any:
    return row.input_schema if row.input is dict else row.input


def _operation(row: NativeOperation, references: dict[Any, dict[str, Any]], components: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": row.row.name,
        "summary": row.summary,
        "description": f"Checked under the IAM action `{row.row.action}`.",
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in row.parameters],
        "responses": {
            str(204 if row.output is None else row.status): _answer(row, references),
            "default": {
                "description": "Refused",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    }
    kind = _input(row)
    if not _is_struct(kind):
        return described
    if row.method in {"GET", "DELETE"}:
        described["parameters"] += _query_parameters(row, _resolve(references[kind], components))
    else:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _body_schema(row, references[kind], components)}},
        }
    return described


def _answer(row: NativeOperation, references: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    if row.output is None:
        return {"description": "Done"}
    if row.output is Static:
        return {"description": "Done", "content": {"*/*": {}}}
    schema = references.get(row.output, {"type": "object"})
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}


def _resolve(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    resolved: dict[str, Any] = components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return resolved


def _body_schema(row: NativeOperation, schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """Return the input's schema without the members that the path carries."""
    if row.input is dict or not row.parameters:
        return schema
    whole = _resolve(schema, components)
    return {
        **whole,
        "properties": {name: member for name, member in whole["properties"].items() if name not in row.parameters},
        "required": [name for name in whole.get("required", ()) if name not in row.parameters],
    }


def _query_parameters(row: NativeOperation, whole: dict[str, Any]) -> list[dict[str, Any]]:
    required = whole.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in whole["properties"].items()
        if name not in row.parameters
    ]
