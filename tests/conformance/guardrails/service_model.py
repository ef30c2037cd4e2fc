"""Says whether an answer is one that botocore's service model allows: members, types, required members, enumerations and patterns."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator


@cache
def service_model(service: str) -> ServiceModel:
    """The installed model of a service."""
    return botocore.session.Session().get_service_model(service)


def matches(pattern: str, value: str) -> bool:
    """Say whether a text fits a model's pattern; the few with Java's classes of characters (`\\p{L}`), which Python has not, are passed over."""
    return not pattern or r"\p{" in pattern or re.fullmatch(pattern, value) is not None


def departures(value: Any, shape: Shape, at: str = "") -> list[str]:
    """List unknown members, words outside enumerations and texts against patterns, which botocore's own validator passes over."""
    found: list[str] = []
    if isinstance(shape, StructureShape):
        found += [f"{at}.{name} is no member" for name in value if name not in shape.members]
        for name, member in shape.members.items():
            if name in value:
                found += departures(value[name], member, f"{at}.{name}")
    elif isinstance(shape, ListShape):
        for index, each in enumerate(value):
            found += departures(each, shape.member, f"{at}[{index}]")
    elif isinstance(shape, StringShape) and (
        (shape.enum and value not in shape.enum)
        or not matches(shape.metadata.get("pattern", ""), value)
        or len(value) > shape.metadata.get("max", len(value))
    ):
        found.append(f"{at} = {value!r}")
    return found


def misfits(answer: dict[str, Any], service: str, operation: str) -> list[str]:
    """List what of an answer the model does not allow; an answer that fits has none."""
    shape = service_model(service).operation_model(operation).output_shape
    report = ParamValidator().validate(answer, shape)
    return [report.generate_report()] if report.has_errors() else departures(answer, shape)
