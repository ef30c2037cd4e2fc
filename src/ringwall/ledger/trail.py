"""The audit log as CloudTrail shows it: LookupEvents over the records of one account, newest first.

What differs from AWS: every recorded operation is found, data events too (CloudTrail's LookupEvents has management events only), at once
(CloudTrail: within 15 minutes), and from before the last 90 days where the request says so. What was shredded is absent.

Source: AWS CloudTrail API reference, LookupEvents (one attribute at a time, 50 results a page, 90 days, two requests a second for each
account); CloudTrail user guide, "CloudTrail record contents" 1.11.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from ringwall.errors import InvalidRequest, Throttled
from ringwall.keys import BadPageToken, Digester, PageTokens
from ringwall.keys.page_tokens import listing_name
from ringwall.ledger.ledger import Ledger
from ringwall.ledger.reading import RecordedEvent
from ringwall.vocabulary import Clock

RESULTS_MAX: Final = 50
RATE_PER_S: Final = 2
READ_MAX: Final = 5_000  # records looked at for one answer; a page can be shorter than asked for and still have a next one
KEPT: Final = timedelta(days=90)
_READ_AT_ONCE: Final = 1_000
_CLOCKS_APART: Final = timedelta(minutes=5)  # between the processes that write one log
_ACCOUNTS: Final = 10_000

_TYPES: Final = {
    ("bedrock", "guardrail"): "AWS::Bedrock::Guardrail",
    ("iam", "user"): "AWS::IAM::User",
    ("iam", "role"): "AWS::IAM::Role",
    ("iam", "group"): "AWS::IAM::Group",
    ("iam", "policy"): "AWS::IAM::ManagedPolicy",
    ("sagemaker", "feature-group"): "AWS::SageMaker::FeatureGroup",
}
"""Resource types, as CloudFormation names them; a resource of another kind is shown without."""


class InvalidLookupAttributes(InvalidRequest, code="invalid-lookup-attributes", aws="InvalidLookupAttributesException"):
    """The lookup attributes are not what LookupEvents takes.

    AWS: InvalidLookupAttributesException.
    """

    remedy = "give one lookup attribute"


class InvalidTimeRange(InvalidRequest, code="invalid-time-range", aws="InvalidTimeRangeException"):
    """The time range ends before it begins.

    AWS: InvalidTimeRangeException.
    """


class InvalidTrailToken(InvalidRequest, code="invalid-trail-token", aws="InvalidNextTokenException"):
    """The page token is not one that LookupEvents gave for this request.

    AWS: InvalidNextTokenException.
    """

    remedy = "start again without NextToken"


class InvalidEventCategory(InvalidRequest, code="invalid-event-category", aws="InvalidEventCategoryException"):
    """ringwall records no events of this category.

    AWS: InvalidEventCategoryException.
    """

    remedy = "leave EventCategory out"


class LookupsTooFast(Throttled, code="lookups-too-fast"):
    """The account looks events up more often than twice a second.

    AWS: ThrottlingException.
    """

    remedy = "repeat the request after a pause"


class Trail:
    """Looks events up."""

    def __init__(self, ledger: Ledger, *, keys: Digester, clock: Clock) -> None:
        self._ledger = ledger
        self._pages = PageTokens(keys)
        self._clock = clock
        self._allowance: dict[str, tuple[float, datetime]] = {}

    async def lookup_events(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Find events; LookupEvents.

        Raises:
            InvalidLookupAttributes, InvalidTimeRange, InvalidTrailToken, InvalidEventCategory, LookupsTooFast: as their names say.
            IntegrityError: a stored record is not what was written.
        """
        self._count(account_id)
        if request.get("EventCategory"):
            raise InvalidEventCategory("ringwall records no insight events")
        wanted = _attribute(request)
        since, until = request.get("StartTime"), request.get("EndTime")
        if since is not None and until is not None and since > until:
            raise InvalidTimeRange("StartTime is after EndTime")
        listing = listing_name("LookupEvents", request)
        try:
            token = self._pages.read(account_id, listing, request.get("NextToken"))
        except BadPageToken as error:
            raise InvalidTrailToken(error.message) from None
        search = _Search(wanted, since or self._clock() - KEPT, until, request.get("MaxResults") or RESULTS_MAX)
        following = await self._search(account_id, search, int(token) if token else None)
        answer: dict[str, Any] = {"Events": [show_event(each) for each in search.found]}
        return answer | ({"NextToken": self._pages.make(account_id, listing, str(following))} if following is not None else {})

    async def _search(self, account_id: str, search: _Search, start: int | None) -> int | None:
        """Fill `search.found`; return the index that the next page begins at, or None where there is none."""
        read = 0
        while read < READ_MAX:
            page = await self._ledger.lookup(
                account_id,
                start=start,
                limit=_READ_AT_ONCE if search.looks_closer else search.results,
                event_name=search.wanted.get("EventName"),
                event_source=search.wanted.get("EventSource"),
            )
            for record in page.records:
                if search.is_past(record):
                    return None
                if not search.matches(record):
                    continue
                if len(search.found) == search.results:
                    return record.index
                search.found.append(record)
            if page.next is None or search.knows_that_the_rest_is_past(page.records):
                return None
            start = page.next
            if len(search.found) == search.results:
                return start
            read += _READ_AT_ONCE if search.looks_closer else READ_MAX
        return start

    def _count(self, account_id: str) -> None:
        """Take one request from the account's allowance: RATE_PER_S a second, as many at once."""
        now = self._clock()
        if len(self._allowance) > _ACCOUNTS:
            second_ago = now - timedelta(seconds=1)
            self._allowance = {name: entry for name, entry in self._allowance.items() if entry[1] > second_ago}
        left, at = self._allowance.get(account_id, (float(RATE_PER_S), now))
        left = min(float(RATE_PER_S), left + max(0.0, (now - at).total_seconds()) * RATE_PER_S)
        if left < 1:
            raise LookupsTooFast(f"an account looks events up at most {RATE_PER_S} times a second")
        self._allowance[account_id] = (left - 1, now)


class _Search:
    """What is looked for, and what was found."""

    def __init__(self, wanted: Mapping[str, str], since: datetime, until: datetime | None, results: int) -> None:
        self.wanted = wanted
        self.results = results
        self.found: list[RecordedEvent] = []
        self._since = since
        self._until = until

    @property
    def looks_closer(self) -> bool:
        """Whether records must be looked at here: the ledger finds by names, not by persons, resources and times."""
        return bool(self.wanted.keys() - {"EventName", "EventSource"}) or self._until is not None

    def is_past(self, record: RecordedEvent) -> bool:
        """Say whether this record, and so all that follow it, are from before the time range: records are written after they happened."""
        return datetime.fromtimestamp(record.recorded_at / 1000, UTC) < self._since - _CLOCKS_APART

    def knows_that_the_rest_is_past(self, records: tuple[RecordedEvent, ...]) -> bool:
        """Say so of what follows the last of these."""
        return bool(records) and self.is_past(records[-1])

    def matches(self, record: RecordedEvent) -> bool:
        """Say whether a record is one that is looked for."""
        moment = datetime.fromisoformat(record.event["eventTime"])
        if moment < self._since or (self._until is not None and moment > self._until):
            return False
        return all(value in _values(name, record) for name, value in self.wanted.items())


def _attribute(request: Mapping[str, Any]) -> dict[str, str]:
    attributes = request.get("LookupAttributes") or ()
    if len(attributes) > 1:
        raise InvalidLookupAttributes("LookupEvents takes one lookup attribute at a time")
    wanted = {each["AttributeKey"]: each["AttributeValue"] for each in attributes}
    if wanted.get("ReadOnly", "true") not in {"true", "false"}:
        raise InvalidLookupAttributes("the value of ReadOnly is `true` or `false`")
    return wanted


def _values(attribute: str, record: RecordedEvent) -> tuple[str, ...]:
    """Return what a record has for a lookup attribute."""
    event, identity, resources = record.event, _identity(record), _resources(record)
    values: dict[str, tuple[str, ...]] = {
        "EventId": (event["eventID"],),
        "EventName": (event["eventName"],),
        "EventSource": (event["eventSource"],),
        "ReadOnly": ("true" if event["readOnly"] else "false",),
        "AccessKeyId": (identity.get("accessKeyId", ""),),
        "Username": (_user_name(identity),),
        "ResourceType": tuple(_type(arn) for arn in resources),
        "ResourceName": (*resources, *(arn.rpartition("/")[2] for arn in resources)),
    }
    return values[attribute]


def _identity(record: RecordedEvent) -> Mapping[str, str]:
    identity: Mapping[str, str] = (record.erasable or {}).get("userIdentity", {})
    return identity


def _resources(record: RecordedEvent) -> tuple[str, ...]:
    return tuple(arn for arn in (record.erasable or {}).get("resources", ()) if arn != "*")


def _user_name(identity: Mapping[str, str]) -> str:
    """Return the name that CloudTrail looks users up by: the user's, a role session's, or `root`."""
    if identity.get("type") == "Root":
        return "root"
    return identity.get("userName") or identity.get("arn", "").rpartition("/")[2]


def _type(arn: str) -> str:
    parts = arn.split(":", 5)
    return _TYPES.get((parts[2], parts[5].partition("/")[0]), "") if len(parts) == 6 else ""


def show_event(record: RecordedEvent) -> dict[str, Any]:
    """Return CloudTrail's Event."""
    event, identity = record.event, _identity(record)
    shown: dict[str, Any] = {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "EventSource": event["eventSource"],
        "EventTime": datetime.fromisoformat(event["eventTime"]),
        "ReadOnly": "true" if event["readOnly"] else "false",
        "Resources": [{"ResourceName": arn} | ({"ResourceType": type_} if (type_ := _type(arn)) else {}) for arn in _resources(record)],
        "CloudTrailEvent": msgspec.json.encode(cloudtrail_record(record)).decode(),
    }
    optional = {"AccessKeyId": identity.get("accessKeyId", ""), "Username": _user_name(identity)}
    return shown | {name: value for name, value in optional.items() if value}


def cloudtrail_record(record: RecordedEvent) -> dict[str, Any]:
    """Return a record as CloudTrail writes it; what ringwall adds is in `additionalEventData`, requests and answers are never kept."""
    event, erasable = record.event, record.erasable or {}
    written: dict[str, Any] = {
        "eventVersion": event["eventVersion"],
        "userIdentity": erasable.get("userIdentity", {}),
        "eventTime": event["eventTime"],
        "eventSource": event["eventSource"],
        "eventName": event["eventName"],
        "awsRegion": event["awsRegion"],
        "sourceIPAddress": erasable.get("sourceIPAddress", ""),
        "userAgent": erasable.get("userAgent", ""),
        "requestParameters": None,
        "responseElements": None,
        "additionalEventData": {"ringwall": erasable.get("ringwall", event["ringwall"]), "ledgerIndex": record.index},
        "requestID": event["requestID"],
        "eventID": event["eventID"],
        "readOnly": event["readOnly"],
        "resources": [{"ARN": arn} for arn in _resources(record)],
        "eventType": "AwsApiCall",
        "recipientAccountId": event["recipientAccountId"],
    }
    if event["errorCode"]:
        written |= {"errorCode": event["errorCode"], "errorMessage": erasable.get("errorMessage", "")}
    return written
