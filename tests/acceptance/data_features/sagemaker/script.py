"""What the SageMaker SDK does with a feature group and with lineage; its answers as one JSON line."""

import json
import logging

import pandas as pd
from sagemaker.feature_store.feature_group import FeatureGroup
from sagemaker.feature_store.inputs import FeatureParameter
from sagemaker.lineage.action import Action
from sagemaker.lineage.artifact import Artifact
from sagemaker.lineage.association import Association
from sagemaker.lineage.context import Context
from sagemaker.lineage.query import LineageFilter, LineageQuery, LineageQueryDirectionEnum
from sagemaker.session import Session

logging.disable(logging.CRITICAL)
session = Session(default_bucket="lake")
answers = {}

frame = pd.DataFrame(
    {
        "customer": pd.Series(["c-1", "c-2", "c-1"], dtype="string"),
        "moment": pd.Series([1_772_359_200.0, 1_772_359_201.5, 1_772_359_202.0]),
        "balance": pd.Series([10.5, None, 12.25]),
        "age": pd.Series([41, 17, 42]),
    }
)
group = FeatureGroup(name="sdk-credit-risk", sagemaker_session=session)
answers["definitions"] = [(d.feature_name, d.feature_type.value) for d in group.load_feature_definitions(data_frame=frame)]
group.create(
    s3_uri="s3://lake/features",
    record_identifier_name="customer",
    event_time_feature_name="moment",
    role_arn="arn:aws:iam::111122223333:role/writer",
    enable_online_store=True,
    description="from the SDK",
    tags=[{"Key": "team", "Value": "risk"}],
)
answers["status"] = group.describe()["FeatureGroupStatus"]
group.ingest(data_frame=frame, max_workers=2, wait=True)
answers["record"] = group.get_record("c-1")
group.update_feature_metadata(
    feature_name="balance", description="in euro", parameter_additions=[FeatureParameter(key="source", value="bank")]
)
answers["metadata"] = group.describe_feature_metadata("balance")["Description"]
answers["tags"] = group.list_tags()
group.delete_record("c-2", event_time="1772359300")
answers["deleted"] = group.get_record("c-2")

data = Artifact.create(artifact_name="frame", source_uri="dataset:sdk", artifact_type="DataSet", sagemaker_session=session)
run = Action.create(action_name="sdk-train", source_uri="job:sdk", action_type="Training", status="InProgress", sagemaker_session=session)
model = Artifact.create(source_uri="model:sdk", artifact_type="Model", sagemaker_session=session)
place = Context.create(context_name="sdk-endpoint", source_uri="endpoint:sdk", context_type="Endpoint", sagemaker_session=session)
for source, destination in (
    (data.artifact_arn, run.action_arn),
    (run.action_arn, model.artifact_arn),
    (model.artifact_arn, place.context_arn),
):
    Association.create(source_arn=source, destination_arn=destination, association_type="ContributedTo", sagemaker_session=session)
run.status = "Completed"
run.save()
answers["status_of_run"] = Action.load(action_name="sdk-train", sagemaker_session=session).status
found = LineageQuery(session).query(start_arns=[place.context_arn], direction=LineageQueryDirectionEnum.ASCENDANTS)
answers["ascendants"] = [(v.lineage_entity, v.lineage_source) for v in found.vertices]
answers["edges"] = len(found.edges)
only = LineageQuery(session).query(
    start_arns=[place.context_arn], direction=LineageQueryDirectionEnum.ASCENDANTS, query_filter=LineageFilter(sources=["DataSet"])
)
answers["data_sets"] = [v.to_lineage_object().artifact_name for v in only.vertices]
answers["listed"] = [a.artifact_name for a in Artifact.list(source_uri="dataset:sdk", sagemaker_session=session)]
answers["associations"] = [a.source_type for a in Association.list(destination_arn=model.artifact_arn, sagemaker_session=session)]
data.delete(disassociate=True)
answers["left"] = [a.artifact_name for a in Artifact.list(source_uri="dataset:sdk", sagemaker_session=session)]
group.delete()
print(json.dumps(answers))
