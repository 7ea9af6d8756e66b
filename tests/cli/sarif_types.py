"""The part of SARIF 2.1.0 that async-fix writes, after the schema of OASIS; unknown members are errors."""
# ruff: noqa: N815 (the names of the standard)

from __future__ import annotations

from typing import Annotated, Literal, Optional

from msgspec import Meta, Struct

AtLeastOne = Annotated[int, Meta(ge=1)]
Text = Annotated[str, Meta(min_length=1)]


class Message(Struct, forbid_unknown_fields=True):
    text: Text


class Configuration(Struct, forbid_unknown_fields=True):
    level: Literal["none", "note", "warning", "error"]


class Rule(Struct, forbid_unknown_fields=True):
    id: Text
    name: Text
    shortDescription: Message
    fullDescription: Message
    help: Message
    defaultConfiguration: Configuration


class Driver(Struct, forbid_unknown_fields=True):
    name: Text
    semanticVersion: Annotated[str, Meta(pattern=r"^\d+\.\d+\.\d+")]
    rules: list[Rule]


class Tool(Struct, forbid_unknown_fields=True):
    driver: Driver


class Artifact(Struct, forbid_unknown_fields=True):
    uri: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._~/%!$&'()*+,;=@-]+$")]
    uriBaseId: str


class Region(Struct, forbid_unknown_fields=True):
    startLine: AtLeastOne
    startColumn: Optional[AtLeastOne] = None  # noqa: UP045
    endLine: Optional[AtLeastOne] = None  # noqa: UP045
    endColumn: Optional[AtLeastOne] = None  # noqa: UP045


class Physical(Struct, forbid_unknown_fields=True):
    artifactLocation: Artifact
    region: Region


class Place(Struct, forbid_unknown_fields=True):
    physicalLocation: Physical
    message: Optional[Message] = None  # noqa: UP045


class Step(Struct, forbid_unknown_fields=True):
    location: Place


class ThreadFlow(Struct, forbid_unknown_fields=True):
    locations: Annotated[list[Step], Meta(min_length=1)]


class CodeFlow(Struct, forbid_unknown_fields=True):
    threadFlows: Annotated[list[ThreadFlow], Meta(min_length=1)]


class Result(Struct, forbid_unknown_fields=True):
    ruleId: Text
    ruleIndex: Annotated[int, Meta(ge=-1)]
    level: Literal["none", "note", "warning", "error"]
    message: Message
    locations: list[Place]
    partialFingerprints: dict[str, str]
    codeFlows: list[CodeFlow] = []


class Notification(Struct, forbid_unknown_fields=True):
    level: Literal["none", "note", "warning", "error"]
    message: Message


class Invocation(Struct, forbid_unknown_fields=True):
    executionSuccessful: bool
    toolExecutionNotifications: list[Notification] = []


class SarifRun(Struct, forbid_unknown_fields=True):
    tool: Tool
    columnKind: Literal["utf16CodeUnits", "unicodeCodePoints"]
    invocations: list[Invocation]
    results: list[Result]


class Sarif(Struct, forbid_unknown_fields=True, rename={"schema": "$schema"}):
    schema: Text
    version: Literal["2.1.0"]
    runs: list[SarifRun]
