"""The guardrail an account enforces for its model calls: at most one configuration, on a numbered version.

It is kept and shown here; the gateway asks `for_model` before each model call.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ringwall.errors import Conflict, InvalidRequest
from ringwall.inference.errors import EnforcedConfigurationNotFound, ResourceInUse
from ringwall.inference.kept import KeptReads
from ringwall.inference.naming import guardrail_arn
from ringwall.inference.stored import read_body
from ringwall.keys import PageTokens
from ringwall.storage import Delete, Document, Insert, Replace, Storage
from ringwall.vocabulary import Clock, new_id

_KIND = "enforced-guardrail"
_ONE = "account"  # the only id there can be, so that the database keeps it at one per account
_LISTING = "enforced-guardrails"

_Mode = Literal["SELECTIVE", "COMPREHENSIVE"]
_MODEL = r"[a-z0-9-]{1,63}[.][a-z0-9-]{1,63}(:[a-z0-9-]{1,63}){0,2}(/[a-z0-9]{12})?"
_ACCOUNTS_KEPT = 1000
_MODELS_MAX = 1000  # no limit is modelled; this one bounds the stored configuration


class _Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """A structure of the AWS model (bedrock 2023-04-20)."""


class SelectiveContentGuarding(_Shape, frozen=True, kw_only=True):
    """Whether qualifiers of the caller are honoured, for system prompts and for messages."""

    system: _Mode | None = None
    messages: _Mode | None = None


class ModelEnforcement(_Shape, frozen=True, kw_only=True):
    """Which models the guardrail is enforced for."""

    included_models: Annotated[tuple[Annotated[str, Meta(pattern=rf"^(ALL|{_MODEL})\Z")], ...], Meta(min_length=1, max_length=_MODELS_MAX)]
    excluded_models: Annotated[tuple[Annotated[str, Meta(pattern=rf"^{_MODEL}\Z")], ...], Meta(max_length=_MODELS_MAX)] = ()

    def covers(self, model_id: str) -> bool:
        """Say whether a model is included and not excluded."""
        return ("ALL" in self.included_models or model_id in self.included_models) and model_id not in self.excluded_models


class InferenceConfiguration(_Shape, frozen=True, kw_only=True):
    """What PutEnforcedGuardrailConfiguration takes."""

    guardrail_identifier: Annotated[str, Meta(min_length=1, max_length=2048)]
    guardrail_version: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,7}\Z")]
    selective_content_guarding: SelectiveContentGuarding | None = None
    model_enforcement: ModelEnforcement | None = None


class Enforced(msgspec.Struct, frozen=True, kw_only=True):
    """The enforced configuration of one account; `configuration.guardrail_identifier` is the id."""

    config_id: str
    configuration: InferenceConfiguration
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


_DECODER = msgspec.json.Decoder(Enforced)


def parse_enforced(configuration: Mapping[str, Any]) -> InferenceConfiguration:
    """Read what is to be enforced.

    Raises:
        InvalidRequest: a member is unknown or malformed.
    """
    try:
        return msgspec.convert({key: value for key, value in configuration.items() if value is not None}, InferenceConfiguration)
    except msgspec.ValidationError as error:
        raise InvalidRequest(str(error).replace("$.", "guardrailInferenceConfig.").replace("$", "guardrailInferenceConfig")) from error


class EnforcedConfigurations:
    """The enforced configurations of all accounts."""

    def __init__(self, storage: Storage, *, clock: Clock, region: str, pages: PageTokens) -> None:
        self._storage = storage
        self._clock = clock
        self._region = region
        self._pages = pages
        self._kept = KeptReads(storage.generation, self.get, most=_ACCOUNTS_KEPT)

    async def put(self, account_id: str, config_id: str | None, configuration: InferenceConfiguration, *, by: str) -> Enforced:
        """Create the configuration, or replace the one with this id.

        Args:
            account_id: the tenant.
            config_id: of the configuration to replace; None creates.
            configuration: with the guardrail's id, which exists.
            by: the caller's ARN.

        Raises:
            EnforcedConfigurationNotFound: there is none with this id.
            Conflict: there is one already, and no id was given.
        """
        now = self._clock()
        document = await self._storage.get(account_id, _KIND, _ONE)
        if document is None:
            if config_id:
                raise EnforcedConfigurationNotFound("there is no enforced guardrail configuration with this id")
            enforced = Enforced(
                config_id=new_id(12), configuration=configuration, created_at=now, created_by=by, updated_at=now, updated_by=by
            )
            await self._storage.apply(Insert(_document(account_id, enforced, 0)))
            return enforced
        held = read_body(_DECODER, document)
        if not config_id:
            raise Conflict(
                "the account has an enforced guardrail configuration", remedy=f"give its configId `{held.config_id}` to replace it"
            )
        if config_id != held.config_id:
            raise EnforcedConfigurationNotFound("there is no enforced guardrail configuration with this id")
        enforced = msgspec.structs.replace(held, configuration=configuration, updated_at=now, updated_by=by)
        await self._storage.apply(Replace(_document(account_id, enforced, document.revision)))
        return enforced

    async def get(self, account_id: str) -> Enforced | None:
        """Return the account's configuration, if it has one."""
        document = await self._storage.get(account_id, _KIND, _ONE)
        return None if document is None else read_body(_DECODER, document)

    async def for_model(self, account_id: str, model_id: str) -> Enforced | None:
        """Return what is enforced for a model; None where nothing is."""
        enforced = await self._kept.get(account_id)
        if enforced is None:
            return None
        models = enforced.configuration.model_enforcement
        return enforced if models is None or models.covers(model_id) else None

    async def listing(self, account_id: str, token: str | None) -> dict[str, Any]:
        """Return what ListEnforcedGuardrailsConfiguration answers."""
        self._pages.read(account_id, _LISTING, token)
        enforced = await self.get(account_id)
        return {"guardrailsConfig": [] if enforced is None else [self._shown(account_id, enforced)]}

    async def delete(self, account_id: str, config_id: str) -> None:
        """Delete the configuration.

        Raises:
            EnforcedConfigurationNotFound: there is none with this id.
        """
        document = await self._storage.get(account_id, _KIND, _ONE)
        if document is None or read_body(_DECODER, document).config_id != config_id:
            raise EnforcedConfigurationNotFound("there is no enforced guardrail configuration with this id")
        await self._storage.apply(Delete(account_id, _KIND, _ONE, document.revision))

    async def refuse_if_used(self, account_id: str, guardrail_id: str, version: str | None) -> None:
        """Refuse to delete what is enforced.

        Raises:
            ResourceInUse: the guardrail, or this version of it, is enforced.
        """
        enforced = await self.get(account_id)
        if enforced is None or enforced.configuration.guardrail_identifier != guardrail_id:
            return
        if version is None or version == enforced.configuration.guardrail_version:
            raise ResourceInUse(f"the guardrail is enforced for this account by configuration `{enforced.config_id}`")

    def _shown(self, account_id: str, enforced: Enforced) -> dict[str, Any]:
        configuration = enforced.configuration
        shown: dict[str, Any] = {
            "configId": enforced.config_id,
            "guardrailArn": guardrail_arn(self._region, account_id, configuration.guardrail_identifier),
            "guardrailId": configuration.guardrail_identifier,
            "guardrailVersion": configuration.guardrail_version,
            "createdAt": enforced.created_at,
            "createdBy": enforced.created_by,
            "updatedAt": enforced.updated_at,
            "updatedBy": enforced.updated_by,
            "owner": "ACCOUNT",
        }
        if configuration.selective_content_guarding is not None:
            shown["selectiveContentGuarding"] = msgspec.to_builtins(configuration.selective_content_guarding)
        if configuration.model_enforcement is not None:
            models = configuration.model_enforcement
            shown["modelEnforcement"] = {"includedModels": list(models.included_models), "excludedModels": list(models.excluded_models)}
        return shown


def _document(account_id: str, enforced: Enforced, revision: int) -> Document:
    return Document(account_id=account_id, kind=_KIND, id=_ONE, body=msgspec.json.encode(enforced), revision=revision)
