"""Stacks in the plane: made, changed, taken back and removed as CloudFormation does it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from plane_stacks import Stack, unique

pytestmark = pytest.mark.plane

TOPICS = """
Parameters:
  Name: {Type: String}
  Label: {Type: String, Default: first}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: !Ref Name, DisplayName: !Ref Label}
  Queue:
    Type: AWS::SQS::Queue
    DependsOn: Topic
    Properties: {QueueName: !Sub "${Topic.TopicName}-queue"}
Outputs:
  QueueArn: {Value: !GetAtt Queue.Arn}
"""


@pytest.fixture
def stack(aws: Callable[..., Any]) -> Stack:
    return Stack(aws("cloudformation"), unique("stack"))


@pytest.fixture
def fault(control: Callable[..., Any]) -> Iterator[Callable[..., None]]:
    def add(target: str, **settings: Any) -> None:
        body = {"kind": "resource", "target": target, "settings": settings}
        control("POST", "faults", body)

    yield add
    control("DELETE", "faults")


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


class TestCreating:
    def test_resources_are_made_in_the_order_of_their_needs(self, stack: Stack) -> None:
        name = unique("topic")

        assert stack.deploy(TOPICS, parameters={"Name": name}) == "CREATE_COMPLETE"

        assert stack.outputs()["QueueArn"].endswith(f":{name}-queue")
        events = stack.events()
        assert events.index(("Topic", "CREATE_COMPLETE")) < events.index(
            ("Queue", "CREATE_IN_PROGRESS")
        )
        assert events[0] == (stack.name, "REVIEW_IN_PROGRESS")
        assert events[-1] == (stack.name, "CREATE_COMPLETE")

    def test_every_event_of_an_operation_bears_its_token(self, stack: Stack) -> None:
        stack.deploy(
            TOPICS, parameters={"Name": unique("topic")}, ClientRequestToken="create-1"
        )

        newest_first = stack.api.describe_stack_events(StackName=stack.name)[
            "StackEvents"
        ]
        tokens = [each.get("ClientRequestToken") for each in newest_first]
        assert set(tokens[:-1]) == {"create-1"}
        assert newest_first[0]["LogicalResourceId"] == stack.name

    def test_a_failed_create_is_taken_back_and_can_only_be_deleted(
        self, stack: Stack, fault: Callable[..., None], aws: Callable[..., Any]
    ) -> None:
        name = unique("topic")
        fault(f"{stack.name}/Queue", reason="no queues today")

        assert stack.deploy(TOPICS, parameters={"Name": name}) == "ROLLBACK_COMPLETE"

        assert stack.reason("Queue", "CREATE_FAILED") == "no queues today"
        assert stack.reason(stack.name, "ROLLBACK_IN_PROGRESS") == (
            "The following resource(s) failed to create: [Queue]. "
            "Rollback requested by user."
        )
        topics = aws("sns").list_topics()["Topics"]
        assert not [each for each in topics if each["TopicArn"].endswith(f":{name}")]
        assert refused(stack.change, template=TOPICS, parameters={"Name": name}) == (
            "ValidationError",
            f"Stack:{stack.describe()['StackId']} is in ROLLBACK_COMPLETE state and can "
            "not be updated.",
        )

    def test_what_is_retained_outlives_a_failed_create_unless_told_otherwise(
        self, stack: Stack, fault: Callable[..., None], aws: Callable[..., Any]
    ) -> None:
        kept, new = unique("kept"), unique("new")
        template = f"""
Resources:
  Kept:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties: {{BucketName: {kept}}}
  New:
    Type: AWS::S3::Bucket
    DeletionPolicy: RetainExceptOnCreate
    Properties: {{BucketName: {new}}}
  Queue:
    Type: AWS::SQS::Queue
    DependsOn: [Kept, New]
"""
        fault(f"{stack.name}/Queue", reason="no")

        stack.deploy(template)

        names = {each["Name"] for each in aws("s3").list_buckets()["Buckets"]}
        assert kept in names and new not in names
        assert ("Kept", "DELETE_SKIPPED") in stack.events()

    def test_a_failed_create_can_be_left_as_it_is_and_taken_back_later(
        self, stack: Stack, fault: Callable[..., None]
    ) -> None:
        fault(f"{stack.name}/Queue", reason="no")
        parameters = {"Name": unique("topic")}

        status = stack.deploy(TOPICS, parameters=parameters, DisableRollback=True)

        assert status == "CREATE_FAILED"
        stack_id = stack.describe()["StackId"]
        stack.api.rollback_stack(StackName=stack.name)
        assert Stack(stack.api, stack_id).settled() == "DELETE_COMPLETE"

    def test_a_name_that_is_taken_fails_before_anything_is_made(
        self, stack: Stack, aws: Callable[..., Any]
    ) -> None:
        name = unique("taken")
        aws("sns").create_topic(Name=name)

        change_set = stack.change(TOPICS, parameters={"Name": name})

        assert (
            "AWS::EarlyValidation::ResourceExistenceCheck" in change_set["StatusReason"]
        )
        events = stack.api.describe_events(ChangeSetName=change_set["ChangeSetId"])
        assert [
            each["ValidationStatusReason"] for each in events["OperationEvents"]
        ] == [
            f"Resource of type 'AWS::SNS::Topic' with identifier '{name}' already exists."
        ]

    def test_a_stack_can_be_deleted_while_it_is_being_made(
        self, stack: Stack, fault: Callable[..., None]
    ) -> None:
        fault(f"{stack.name}/Topic", seconds=600)
        stack.execute(stack.change(TOPICS, parameters={"Name": unique("topic")}))
        stack.reaches("Topic", "CREATE_IN_PROGRESS")
        stack_id = stack.describe()["StackId"]

        stack.api.delete_stack(StackName=stack.name)

        assert Stack(stack.api, stack_id).settled() == "DELETE_COMPLETE"


class TestRefusals:
    def test_a_stack_that_is_not_there(self, stack: Stack) -> None:
        assert refused(stack.api.describe_stacks, StackName="nowhere") == (
            "ValidationError",
            "Stack with id nowhere does not exist",
        )

    def test_iam_resources_need_the_word_for_it(self, stack: Stack) -> None:
        template = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {RoleName: named, AssumeRolePolicyDocument: {Statement: []}}
"""
        assert refused(stack.change, template=template, Capabilities=[]) == (
            "InsufficientCapabilitiesException",
            "Requires capabilities : [CAPABILITY_NAMED_IAM]",
        )
        assert refused(stack.api.describe_stacks, StackName=stack.name)

    def test_a_parameter_that_the_template_does_not_have(self, stack: Stack) -> None:
        code, message = refused(
            stack.change, template=TOPICS, parameters={"Name": "n", "Nme": "x"}
        )
        assert code == "ValidationError"
        assert message == "Parameters: [Nme] do not exist in the template"

    @pytest.mark.parametrize(
        ("properties", "reason"),
        [
            ("{TopicNam: x}", "Unsupported property [TopicNam]"),
            ("{TopicArn: x}", "Encountered read-only property [TopicArn]"),
        ],
    )
    def test_properties_that_the_type_does_not_have(
        self, stack: Stack, properties: str, reason: str
    ) -> None:
        template = (
            f"Resources: {{T: {{Type: 'AWS::SNS::Topic', Properties: {properties}}}}}"
        )

        change_set = stack.change(template)

        assert change_set["Status"] == "FAILED"
        assert "AWS::EarlyValidation::PropertyValidation" in change_set["StatusReason"]
        events = stack.api.describe_events(
            ChangeSetName=change_set["ChangeSetId"], Filters={"FailedEvents": True}
        )["OperationEvents"]
        assert [each["ValidationStatusReason"] for each in events] == [reason]

    def test_references_to_nothing(self, stack: Stack) -> None:
        template = """
Resources:
  P: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Gone], PolicyDocument: {}}}
"""
        change_set = stack.change(template)
        assert change_set["StatusReason"] == (
            "Template format error: Unresolved resource dependencies [Gone] in the "
            "Resources block of the template"
        )

    def test_a_change_set_that_is_not_ready_or_not_there(self, stack: Stack) -> None:
        failed = stack.change(
            "Resources: {T: {Type: 'AWS::SNS::Topic', Properties: {No: 1}}}"
        )
        code, _ = refused(
            stack.api.execute_change_set, ChangeSetName=failed["ChangeSetId"]
        )
        assert code == "InvalidChangeSetStatus"
        code, _ = refused(
            stack.api.describe_change_set, StackName=stack.name, ChangeSetName="none"
        )
        assert code == "ChangeSetNotFound"

    def test_operations_that_the_status_does_not_admit(self, stack: Stack) -> None:
        stack.deploy(TOPICS, parameters={"Name": unique("topic")})

        for call, name in (
            (stack.api.cancel_update_stack, "CancelUpdateStack"),
            (stack.api.continue_update_rollback, "ContinueUpdateRollback"),
            (stack.api.rollback_stack, "RollbackStack"),
        ):
            assert refused(call, StackName=stack.name) == (
                "ValidationError",
                f"{name} cannot be called from current stack status",
            )


class TestUpdating:
    def test_nothing_to_change_is_a_failed_change_set_with_aws_words(
        self, stack: Stack
    ) -> None:
        parameters = {"Name": unique("topic")}
        stack.deploy(TOPICS, parameters=parameters)

        change_set = stack.change(TOPICS, parameters=parameters)

        assert change_set["Status"] == "FAILED"
        assert change_set["StatusReason"].startswith(
            "The submitted information didn't contain changes."
        )
        assert refused(
            stack.api.update_stack,
            StackName=stack.name,
            UsePreviousTemplate=True,
            Parameters=[{"ParameterKey": "Name", "UsePreviousValue": True}],
        ) == ("ValidationError", "No updates are to be performed.")

    def test_a_change_set_tells_what_changes_and_why(self, stack: Stack) -> None:
        name = unique("topic")
        stack.deploy(TOPICS, parameters={"Name": name})

        change_set = stack.change(TOPICS, parameters={"Name": name, "Label": "second"})

        changes = {
            each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"]
            for each in change_set["Changes"]
        }
        topic = changes["Topic"]
        assert (topic["Action"], topic["Replacement"]) == ("Modify", "False")
        first = topic["Details"][0]
        assert first["CausingEntity"] == "Label"
        assert first["Target"]["Name"] == "DisplayName"
        assert first["Target"]["BeforeValue"] == "first"
        # An attribute of a changed resource may change: the queue's name comes from one.
        assert changes["Queue"]["Replacement"] == "Conditional"
        assert changes["Queue"]["Details"][0]["Evaluation"] == "Dynamic"

    def test_a_new_name_makes_a_new_resource_and_removes_the_old_one_last(
        self, stack: Stack
    ) -> None:
        stack.deploy(TOPICS, parameters={"Name": unique("topic")})
        old = stack.physical_id("Topic")

        status = stack.deploy(TOPICS, parameters={"Name": unique("topic")})

        assert status == "UPDATE_COMPLETE"
        assert stack.physical_id("Topic") != old
        events = stack.events()
        cleaning = events.index((stack.name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
        assert events.index(("Topic", "DELETE_COMPLETE")) > cleaning

    def test_a_failed_update_brings_everything_back(
        self, stack: Stack, fault: Callable[..., None], aws: Callable[..., Any]
    ) -> None:
        name = unique("topic")
        stack.deploy(TOPICS, parameters={"Name": name})
        arn = stack.physical_id("Topic")
        more = TOPICS.replace("Outputs:", "  Extra: {Type: AWS::SNS::Topic}\nOutputs:")
        fault(f"{stack.name}/Extra", reason="no more topics")

        status = stack.deploy(
            more.replace("DependsOn: Topic", "DependsOn: Topic").replace(
                "  Extra: {Type", "  Extra: {DependsOn: Queue, Type"
            ),
            parameters={"Name": name, "Label": "second"},
        )

        assert status == "UPDATE_ROLLBACK_COMPLETE"
        label = aws("sns").get_topic_attributes(TopicArn=arn)["Attributes"][
            "DisplayName"
        ]
        assert label == "first"
        resources = stack.api.describe_stack_resources(StackName=stack.name)
        found = {each["LogicalResourceId"] for each in resources["StackResources"]}
        assert found == {"Topic", "Queue"}
        parameters = {
            each["ParameterKey"]: each["ParameterValue"]
            for each in stack.describe()["Parameters"]
        }
        assert parameters["Label"] == "first"

    def test_the_stacks_tags_reach_what_it_made_and_leave_it_again(
        self, stack: Stack, aws: Callable[..., Any]
    ) -> None:
        parameters = {"Name": unique("topic")}
        first = [{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "x"}]
        stack.deploy(TOPICS, parameters=parameters, Tags=first)
        tags = [{"Key": "team", "Value": "b"}]

        assert (
            stack.deploy(TOPICS, parameters=parameters, Tags=tags) == "UPDATE_COMPLETE"
        )

        topic, queue = stack.physical_id("Topic"), stack.physical_id("Queue")
        assert aws("sns").list_tags_for_resource(ResourceArn=topic)["Tags"] == tags
        assert aws("sqs").list_queue_tags(QueueUrl=queue)["Tags"] == {"team": "b"}

    def test_cancelling_stops_what_waits_and_goes_back(
        self, stack: Stack, fault: Callable[..., None]
    ) -> None:
        name = unique("topic")
        stack.deploy(TOPICS, parameters={"Name": name})
        fault(f"{stack.name}/Topic", seconds=100_000)
        stack.execute(
            stack.change(TOPICS, parameters={"Name": name, "Label": "second"})
        )
        stack.reaches("Topic", "UPDATE_IN_PROGRESS")

        stack.api.cancel_update_stack(StackName=stack.name)

        assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
        assert stack.reason("Topic", "UPDATE_FAILED") == "Resource update cancelled"

    def test_a_rollback_that_fails_can_be_continued(
        self,
        stack: Stack,
        fault: Callable[..., None],
        control: Callable[..., Any],
    ) -> None:
        self._stick(stack, fault)
        control("DELETE", "faults")

        stack.api.continue_update_rollback(StackName=stack.name)

        assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"

    def test_a_rollback_that_fails_can_leave_a_resource_out(
        self, stack: Stack, fault: Callable[..., None]
    ) -> None:
        self._stick(stack, fault)

        stack.api.continue_update_rollback(
            StackName=stack.name, ResourcesToSkip=["Topic"]
        )

        assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"

    def test_a_paused_failure_is_rolled_back_on_demand(
        self, stack: Stack, fault: Callable[..., None]
    ) -> None:
        name = unique("topic")
        stack.deploy(TOPICS, parameters={"Name": name})
        fault(f"{stack.name}/Topic", reason="no")
        status = stack.deploy(
            TOPICS, parameters={"Name": name, "Label": "second"}, DisableRollback=True
        )
        assert status == "UPDATE_FAILED"

        stack.api.rollback_stack(StackName=stack.name)

        assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"

    def test_a_custom_name_stands_in_the_way_of_a_replacement(
        self, stack: Stack
    ) -> None:
        name = unique("named")
        template = """
Parameters: {Fifo: {Type: String}}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: NAME.fifo, FifoQueue: true, ContentBasedDeduplication: !Ref Fifo}
""".replace("NAME", name)
        assert stack.deploy(template, parameters={"Fifo": "true"}) == "CREATE_COMPLETE"
        other = template.replace("FifoQueue: true, ", "FifoQueue: false, ")

        assert (
            stack.deploy(other, parameters={"Fifo": "true"})
            == "UPDATE_ROLLBACK_COMPLETE"
        )

        assert "custom-named resource requires replacing" in stack.reason(
            "Queue", "UPDATE_FAILED"
        )

    def _stick(self, stack: Stack, fault: Callable[..., None]) -> None:
        name = unique("topic")
        stack.deploy(TOPICS, parameters={"Name": name})
        more = TOPICS.replace(
            "Outputs:", "  Extra: {DependsOn: Topic, Type: AWS::SNS::Topic}\nOutputs:"
        )
        fault(f"{stack.name}/Extra", reason="no")
        fault(f"{stack.name}/Topic", reason="stuck", when="rollback")
        status = stack.deploy(more, parameters={"Name": name, "Label": "second"})
        assert status == "UPDATE_ROLLBACK_FAILED"
        assert stack.reason("Topic", "UPDATE_FAILED") == "stuck"


class TestDeleting:
    BUCKET = (
        "Resources: {Bucket: {Type: AWS::S3::Bucket}, Topic: {Type: AWS::SNS::Topic}}"
    )

    def test_a_bucket_that_is_not_empty_stays_until_it_is_let_go(
        self, stack: Stack, aws: Callable[..., Any]
    ) -> None:
        stack.deploy(self.BUCKET)
        bucket = stack.physical_id("Bucket")
        aws("s3").put_object(Bucket=bucket, Key="kept", Body=b"synthetic")
        by_id = Stack(stack.api, stack.describe()["StackId"])

        stack.api.delete_stack(StackName=stack.name)
        assert by_id.settled() == "DELETE_FAILED"
        assert "not empty" in stack.reason("Bucket", "DELETE_FAILED")

        stack.api.delete_stack(StackName=stack.name, RetainResources=["Bucket"])
        assert by_id.settled() == "DELETE_COMPLETE"
        assert aws("s3").head_bucket(Bucket=bucket)
        # By its name it is gone.
        assert refused(stack.api.describe_stacks, StackName=stack.name)

    def test_a_protected_stack_stays(self, stack: Stack) -> None:
        stack.deploy("Resources: {Topic: {Type: AWS::SNS::Topic}}")
        stack.api.update_termination_protection(
            StackName=stack.name, EnableTerminationProtection=True
        )
        code, message = refused(stack.api.delete_stack, StackName=stack.name)
        assert code == "ValidationError" and "TerminationProtection" in message


class TestSecrets:
    TEMPLATE = """
Parameters:
  Password: {Type: String, NoEcho: true}
  SecretId: {Type: String}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: !Sub "{{resolve:secretsmanager:${SecretId}:SecretString:token}}"
      Tags: [{Key: password, Value: !Ref Password}]
"""

    def test_values_reach_the_service_and_nothing_that_is_shown(
        self, stack: Stack, aws: Callable[..., Any]
    ) -> None:
        secret = aws("secretsmanager").create_secret(
            Name=unique("secret"), SecretString=json.dumps({"token": "t0ken-value"})
        )["ARN"]

        stack.deploy(
            self.TEMPLATE, parameters={"Password": "pa55word", "SecretId": secret}
        )

        topic = aws("sns").get_topic_attributes(TopicArn=stack.physical_id("Topic"))
        assert topic["Attributes"]["DisplayName"] == "t0ken-value"
        change_set = stack.change(
            self.TEMPLATE, parameters={"Password": "0ther", "SecretId": secret}
        )
        shown = json.dumps(
            [stack.describe(), stack.raw_events(), change_set], default=str
        )
        for value in ("t0ken-value", "pa55word", "0ther"):
            assert value not in shown
        assert "{{resolve:secretsmanager:" in shown


class TestHonesty:
    def test_what_cannot_be_made_is_said_and_never_claimed(
        self, stack: Stack, control: Callable[..., Any]
    ) -> None:
        template = """
Resources:
  Table:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      Replicas: [{Region: us-east-1}]
"""
        stack.deploy(template)

        assert stack.reason("Table", "CREATE_COMPLETE").startswith("NOT_REHEARSED")
        said = control("GET", "summary")["not_rehearsed"]
        assert f"{stack.name}/Table" in [each["resource"] for each in said]

    def test_code_that_must_be_signed_is_refused_and_not_let_in(
        self, stack: Stack
    ) -> None:
        template = """
Resources:
  Signatures:
    Type: AWS::Lambda::CodeSigningConfig
    Properties:
      AllowedPublishers:
        SigningProfileVersionArns:
          - arn:aws:signer:us-east-1:111122223333:/signing-profiles/release/a1b2C3d4E5
      CodeSigningPolicies: {UntrustedArtifactOnDeployment: Enforce}
"""
        assert stack.deploy(template) == "ROLLBACK_COMPLETE"

        reason = stack.reason("Signatures", "CREATE_FAILED")
        assert reason.startswith("AWS::Lambda::CodeSigningConfig is not rehearsed: ")


class TestReadingTemplates:
    def test_a_mistake_in_the_text_is_placed(self, stack: Stack) -> None:
        code, message = refused(
            stack.api.validate_template, TemplateBody="Resources:\n  A: [1\n"
        )
        assert code == "ValidationError"
        assert message.startswith("Template format error: YAML not well-formed.")
        assert "(line " in message

    def test_a_summary_tells_parameters_types_and_capabilities(
        self, stack: Stack
    ) -> None:
        template = """
Transform: AWS::Serverless-2016-10-31
Description: Synthetic.
Parameters: {Name: {Type: String, Default: n, NoEcho: true}}
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
"""
        summary = stack.api.get_template_summary(TemplateBody=template)
        assert summary["ResourceTypes"] == ["AWS::IAM::Role"]
        assert summary["Capabilities"] == ["CAPABILITY_IAM"]
        assert summary["DeclaredTransforms"] == ["AWS::Serverless-2016-10-31"]
        assert summary["Parameters"][0]["ParameterKey"] == "Name"

    def test_a_template_in_s3_is_read_and_both_its_stages_are_kept(
        self, stack: Stack, aws: Callable[..., Any]
    ) -> None:
        bucket = unique("templates")
        aws("s3").create_bucket(Bucket=bucket)
        aws("s3").put_object(Bucket=bucket, Key="t.yaml", Body=TOPICS.encode())
        stack.api.create_stack(
            StackName=stack.name,
            TemplateURL=f"https://{bucket}.s3.us-east-1.amazonaws.com/t.yaml",
            Parameters=[{"ParameterKey": "Name", "ParameterValue": unique("topic")}],
        )
        assert stack.settled() == "CREATE_COMPLETE"

        original = stack.api.get_template(StackName=stack.name)["TemplateBody"]
        processed = stack.api.get_template(
            StackName=stack.name, TemplateStage="Processed"
        )["TemplateBody"]
        assert original == TOPICS
        assert "Resources" in (
            processed if isinstance(processed, dict) else json.loads(processed)
        )


class TestPages:
    def test_events_come_a_page_at_a_time_the_newest_first(self, stack: Stack) -> None:
        resources = "\n".join(
            f"  Topic{number}: {{Type: AWS::SNS::Topic}}" for number in range(40)
        )
        stack.deploy(f"Resources:\n{resources}\n")

        first = stack.api.describe_stack_events(StackName=stack.name)
        rest = stack.api.describe_stack_events(
            StackName=stack.name, NextToken=first["NextToken"]
        )

        assert len(first["StackEvents"]) == 100 and "NextToken" not in rest
        # Under review, begun, done; and three events for each topic.
        assert len(rest["StackEvents"]) == 3 + 40 * 3 - 100
        assert rest["StackEvents"][-1]["ResourceStatus"] == "REVIEW_IN_PROGRESS"
