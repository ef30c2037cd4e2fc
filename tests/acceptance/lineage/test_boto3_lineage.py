"""An unmodified boto3 records where things came from on a live server. aws: modelled (from botocore's models and documentation)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.acceptance.api.test_boto3 import client, refused
from tests.live import Live


def artifact(sagemaker: Any, uri: str, type_: str, **members: Any) -> str:
    return str(sagemaker.create_artifact(Source={"SourceUri": uri}, ArtifactType=type_, **members)["ArtifactArn"])


def test_a_model_is_traced_to_its_data_and_the_data_to_its_models(live: Live) -> None:
    sagemaker, mark = client(live, "sagemaker"), uuid4().hex
    commitment = {"SourceUri": f"dataset:{mark}", "SourceTypes": [{"SourceIdType": "Custom", "Value": "sha256:" + "0" * 64}]}
    data = sagemaker.create_artifact(ArtifactName="training-data", Source=commitment, ArtifactType="DataSet", Properties={"rows": "100"})[
        "ArtifactArn"
    ]
    train = sagemaker.create_action(
        ActionName=f"train-{mark}", Source={"SourceUri": "job:1"}, ActionType="Training", Status="InProgress", Description="first run"
    )["ActionArn"]
    model = artifact(sagemaker, f"model:{mark}", "Model")
    place = sagemaker.create_context(ContextName=f"endpoint_{mark}", Source={"SourceUri": "e:1"}, ContextType="Endpoint")["ContextArn"]
    for source, destination, how in ((data, train, "ContributedTo"), (train, model, "Produced"), (model, place, "AssociatedWith")):
        assert sagemaker.add_association(SourceArn=source, DestinationArn=destination, AssociationType=how)["SourceArn"] == source

    shown = sagemaker.describe_artifact(ArtifactArn=data)
    assert (shown["ArtifactName"], shown["Source"], shown["Properties"]) == ("training-data", commitment, {"rows": "100"})
    assert shown["CreatedBy"]["IamIdentity"]["Arn"].startswith("arn:aws:iam::")
    sagemaker.update_action(ActionName=f"train-{mark}", Status="Completed", Properties={"epochs": "3"})
    done = sagemaker.describe_action(ActionName=train)
    assert (done["Status"], done["Properties"], done["Description"]) == ("Completed", {"epochs": "3"}, "first run")
    assert sagemaker.describe_context(ContextName=place)["ContextType"] == "Endpoint"

    def reached(start: str, direction: str, **members: Any) -> list[str]:
        return [vertex["Arn"] for vertex in sagemaker.query_lineage(StartArns=[start], Direction=direction, **members)["Vertices"]]

    assert reached(place, "Ascendants") == [place, model, train, data]
    assert reached(data, "Descendants") == [data, train, model, place]
    assert reached(data, "Descendants", MaxDepth=1) == [data, train]
    assert reached(place, "Ascendants", Filters={"Types": ["DataSet"]}) == [data]
    assert reached(place, "Ascendants", Filters={"Properties": {"rows": "100"}}) == [data]
    assert set(reached(train, "Both")) == {train, data, model, place}
    assert reached(place, "Descendants") == [place]
    pages, token = [], None
    while True:
        page = sagemaker.query_lineage(StartArns=[place], Direction="Ascendants", MaxResults=1, **({"NextToken": token} if token else {}))
        pages.append(([vertex["Arn"] for vertex in page["Vertices"]], [edge["AssociationType"] for edge in page["Edges"]]))
        token = page.get("NextToken")
        if token is None:
            break
    assert pages == [([place], []), ([model], ["AssociatedWith"]), ([train], ["Produced"]), ([data], ["ContributedTo"])]
    listed = sagemaker.list_associations(DestinationArn=model)["AssociationSummaries"]
    assert [(each["SourceArn"], each["SourceType"], each["AssociationType"]) for each in listed] == [(train, "Training", "Produced")]


def test_lists_filter_sort_and_page(live: Live) -> None:
    sagemaker, mark = client(live, "sagemaker"), uuid4().hex
    arns = [artifact(sagemaker, f"{mark}/{number}", mark) for number in range(5)]
    pages = sagemaker.get_paginator("list_artifacts").paginate(
        ArtifactType=mark, SortBy="CreationTime", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    assert [each["ArtifactArn"] for page in pages for each in page["ArtifactSummaries"]] == arns
    newest = sagemaker.list_artifacts(ArtifactType=mark, MaxResults=1)
    assert newest["ArtifactSummaries"][0]["ArtifactArn"] == arns[-1]
    assert refused(sagemaker.list_artifacts, ArtifactType="another", NextToken=newest["NextToken"])[:2] == (400, "ValidationException")
    assert len(sagemaker.list_artifacts(SourceUri=f"{mark}/3")["ArtifactSummaries"]) == 1
    for name in "ba":
        sagemaker.create_action(ActionName=f"{name}-{mark}", Source={"SourceUri": "x"}, ActionType=mark)
        sagemaker.create_context(ContextName=f"{name}_{mark}", Source={"SourceUri": "x"}, ContextType=mark)
    actions = sagemaker.list_actions(ActionType=mark, SortBy="Name", SortOrder="Ascending")["ActionSummaries"]
    contexts = sagemaker.list_contexts(ContextType=mark, SortBy="Name", SortOrder="Descending")["ContextSummaries"]
    assert [each["ActionName"][0] for each in actions] == ["a", "b"]
    assert [each["ContextName"][0] for each in contexts] == ["b", "a"]


def test_what_is_refused(live: Live) -> None:
    sagemaker, mark = client(live, "sagemaker"), uuid4().hex
    first, second = artifact(sagemaker, f"one:{mark}", "DataSet"), artifact(sagemaker, f"two:{mark}", "DataSet")
    missing = first[:-32] + "0" * 32
    elsewhere = first.replace(first.split(":")[4], "999999999999")
    same = refused(sagemaker.create_artifact, Source={"SourceUri": f"one:{mark}"}, ArtifactType="DataSet")
    assert same[:2] == (400, "ValidationException")
    assert first in same[2]
    assert refused(sagemaker.describe_artifact, ArtifactArn=missing)[:2] == (400, "ResourceNotFound")
    assert refused(sagemaker.describe_artifact, ArtifactArn=elsewhere)[0] in {400, 403}
    assert refused(sagemaker.add_association, SourceArn=first, DestinationArn=missing)[:2] == (400, "ResourceNotFound")
    assert refused(sagemaker.add_association, SourceArn=first, DestinationArn=first)[:2] == (400, "ValidationException")
    assert refused(sagemaker.delete_association, SourceArn=first, DestinationArn=second)[:2] == (400, "ResourceNotFound")
    assert refused(sagemaker.query_lineage, StartArns=[missing])[:2] == (400, "ResourceNotFound")
    assert refused(sagemaker.query_lineage, StartArns=[first], MaxDepth=0)[:2] == (400, "ValidationException")
    sagemaker.add_association(SourceArn=first, DestinationArn=second)
    assert refused(sagemaker.add_association, SourceArn=first, DestinationArn=second)[:2] == (400, "ValidationException")
    assert refused(sagemaker.delete_artifact, ArtifactArn=second)[:2] == (400, "ValidationException")
    assert refused(sagemaker.delete_artifact)[:2] == (400, "ValidationException")
    sagemaker.delete_association(SourceArn=first, DestinationArn=second)
    assert sagemaker.delete_artifact(Source={"SourceUri": f"two:{mark}"})["ArtifactArn"] == second
    assert refused(sagemaker.describe_artifact, ArtifactArn=second)[:2] == (400, "ResourceNotFound")


def test_tags_of_everything(live: Live) -> None:
    sagemaker, mark = client(live, "sagemaker"), uuid4().hex
    arn = artifact(sagemaker, f"tagged:{mark}", "DataSet", Tags=[{"Key": "team", "Value": "risk"}])
    assert sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}])["Tags"] == [
        {"Key": "stage", "Value": "test"},
        {"Key": "team", "Value": "risk"},
    ]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "test"}]
    assert refused(sagemaker.add_tags, ResourceArn=arn, Tags=[{"Key": "aws:x", "Value": "y"}])[:2] == (400, "ValidationException")
    unknown = arn.replace(":artifact/", ":endpoint/")
    assert refused(sagemaker.list_tags, ResourceArn=unknown)[:2] == (400, "ValidationException")
