"""An unmodified boto3 manages web ACLs on a live server. aws: modelled (from botocore's models and documentation)."""

from __future__ import annotations

from uuid import uuid4

from tests.acceptance.api.test_boto3 import client, refused
from tests.live import Live

VISIBLE = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
NONE = [{"Priority": 0, "Type": "NONE"}]
SCOPE = {"Scope": "REGIONAL"}


def test_a_web_acl_lives_its_whole_life(live: Live) -> None:
    waf, name = client(live, "wafv2"), f"acl-{uuid4().hex[:8]}"
    addresses = waf.create_ip_set(Name=name, IPAddressVersion="IPV4", Addresses=["203.0.113.0/24"], **SCOPE)["Summary"]
    rules = [
        {
            "Name": "addresses",
            "Priority": 1,
            "Statement": {"IPSetReferenceStatement": {"ARN": addresses["ARN"]}},
            "Action": {"Block": {}},
            "VisibilityConfig": VISIBLE,
        },
        {
            "Name": "injection",
            "Priority": 2,
            "Statement": {
                "ByteMatchStatement": {
                    "SearchString": b"ignore all previous\xff",
                    "FieldToMatch": {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "VALUE", "OversizeHandling": "MATCH"}},
                    "TextTransformations": [{"Priority": 0, "Type": "LOWERCASE"}],
                    "PositionalConstraint": "CONTAINS",
                }
            },
            "Action": {"Block": {"CustomResponse": {"ResponseCode": 403, "CustomResponseBodyKey": "page"}}},
            "RuleLabels": [{"Name": "prompt:injection"}],
            "VisibilityConfig": VISIBLE,
        },
    ]
    members = {
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": VISIBLE,
        "CustomResponseBodies": {"page": {"ContentType": "TEXT_PLAIN", "Content": "no"}},
    }
    made = waf.create_web_acl(Name=name, Rules=rules, Tags=[{"Key": "team", "Value": "red"}], **members, **SCOPE)["Summary"]
    shown = waf.get_web_acl(Name=name, Id=made["Id"], **SCOPE)
    assert shown["WebACL"]["Rules"] == rules
    assert (shown["WebACL"]["Capacity"], shown["LockToken"]) == (31, made["LockToken"])
    assert waf.check_capacity(Rules=rules[:1], **SCOPE)["Capacity"] == 1
    assert name in {one["Name"] for one in waf.list_web_acls(Limit=100, **SCOPE)["WebACLs"]}

    account = made["ARN"].split(":")[4]
    endpoint = f"arn:aws:ringwall:us-east-1:{account}:endpoint/sagemaker"
    waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=endpoint)
    assert waf.get_web_acl_for_resource(ResourceArn=endpoint)["WebACL"]["Name"] == name
    assert waf.list_resources_for_web_acl(WebACLArn=made["ARN"])["ResourceArns"] == [endpoint]
    status, code, _ = refused(waf.delete_web_acl, Name=name, Id=made["Id"], LockToken=made["LockToken"], **SCOPE)
    assert (status, code) == (400, "WAFAssociatedItemException")
    waf.disassociate_web_acl(ResourceArn=endpoint)

    following = waf.update_web_acl(Name=name, Id=made["Id"], LockToken=made["LockToken"], Rules=rules[:1], **members, **SCOPE)
    status, code, _ = refused(waf.delete_web_acl, Name=name, Id=made["Id"], LockToken=made["LockToken"], **SCOPE)
    assert (status, code) == (400, "WAFOptimisticLockException")
    assert waf.list_tags_for_resource(ResourceARN=made["ARN"])["TagInfoForResource"]["TagList"] == [{"Key": "team", "Value": "red"}]
    waf.tag_resource(ResourceARN=made["ARN"], Tags=[{"Key": "stage", "Value": "test"}])
    waf.untag_resource(ResourceARN=made["ARN"], TagKeys=["team"])
    assert waf.list_tags_for_resource(ResourceARN=made["ARN"])["TagInfoForResource"]["TagList"] == [{"Key": "stage", "Value": "test"}]
    waf.delete_web_acl(Name=name, Id=made["Id"], LockToken=following["NextLockToken"], **SCOPE)
    assert refused(waf.get_web_acl, Name=name, Id=made["Id"], **SCOPE)[:2] == (400, "WAFNonexistentItemException")
    waf.delete_ip_set(Name=name, Id=addresses["Id"], LockToken=addresses["LockToken"], **SCOPE)


def test_rule_groups_and_pattern_sets(live: Live) -> None:
    waf, name = client(live, "wafv2"), f"group-{uuid4().hex[:8]}"
    patterns = waf.create_regex_pattern_set(Name=name, RegularExpressionList=[{"RegexString": "^/admin"}], **SCOPE)["Summary"]
    rule = {
        "Name": "paths",
        "Priority": 0,
        "Statement": {
            "RegexPatternSetReferenceStatement": {"ARN": patterns["ARN"], "FieldToMatch": {"UriPath": {}}, "TextTransformations": NONE}
        },
        "Action": {"Count": {}},
        "RuleLabels": [{"Name": "admin"}],
        "VisibilityConfig": VISIBLE,
    }
    made = waf.create_rule_group(Name=name, Capacity=25, Rules=[rule], VisibilityConfig=VISIBLE, **SCOPE)["Summary"]
    shown = waf.get_rule_group(ARN=made["ARN"])["RuleGroup"]
    assert (shown["Rules"], shown["AvailableLabels"]) == ([rule], [{"Name": f"{shown['LabelNamespace']}admin"}])
    two = [rule, {**rule, "Name": "again", "Priority": 1}]
    lock = {"Name": name, "Id": made["Id"], "LockToken": made["LockToken"]}
    assert refused(waf.update_rule_group, Rules=two, VisibilityConfig=VISIBLE, **lock, **SCOPE)[:2] == (400, "WAFLimitsExceededException")
    again = {"Name": name, "Id": patterns["Id"], "LockToken": patterns["LockToken"]}
    assert refused(waf.delete_regex_pattern_set, **again, **SCOPE)[:2] == (400, "WAFAssociatedItemException")
    waf.delete_rule_group(**lock, **SCOPE)
    waf.delete_regex_pattern_set(**again, **SCOPE)


def test_refusals_have_the_names_of_the_model(live: Live) -> None:
    waf, name = client(live, "wafv2"), f"refused-{uuid4().hex[:8]}"

    def with_statement(statement: dict) -> tuple[int, str, str]:
        rule = {"Name": "r", "Priority": 0, "Statement": statement, "Action": {"Block": {}}, "VisibilityConfig": VISIBLE}
        members = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": VISIBLE}
        return refused(waf.create_web_acl, Name=name, Rules=[rule], **members, **SCOPE)

    sqli = {"SqliMatchStatement": {"FieldToMatch": {"UriPath": {}}, "TextTransformations": NONE}}
    status, code, message = with_statement(sqli)
    assert (status, code) == (501, "WAFInvalidOperationException")
    assert "SqliMatchStatement" in message
    assert with_statement({"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "x"}})[:2] == (501, "WAFInvalidOperationException")
    regex = {"RegexMatchStatement": {"RegexString": "(?=x)", "FieldToMatch": {"UriPath": {}}, "TextTransformations": NONE}}
    assert with_statement(regex)[:2] == (400, "WAFInvalidParameterException")
    absent = "arn:aws:wafv2:us-east-1:111122223333:regional/ipset/a/5f2c4fd1-0000-4000-8000-000000000000"
    assert with_statement({"IPSetReferenceStatement": {"ARN": absent}})[:2] == (400, "WAFNonexistentItemException")
    assert refused(waf.list_web_acls, Scope="CLOUDFRONT")[:2] == (400, "WAFInvalidParameterException")
    waf.create_ip_set(Name=name, IPAddressVersion="IPV6", Addresses=[], **SCOPE)
    taken = refused(waf.create_ip_set, Name=name, IPAddressVersion="IPV6", Addresses=[], **SCOPE)
    assert taken[:2] == (400, "WAFDuplicateItemException")
    assert (
        refused(
            waf.get_sampled_requests, WebAclArn=absent, RuleMetricName="m", MaxItems=1, TimeWindow={"StartTime": 0, "EndTime": 1}, **SCOPE
        )[0]
        == 501
    )
