"""Order, pairs, modes, keys, types, artifacts and files of the pipeline."""

from __future__ import annotations

from seeded.defect import Defect

DEVELOPMENT = (
    "OutputArtifacts: [{Name: DevelopmentOutputs}]\n                  RunOrder: 3"
)
# Of the two actions that put it out, the build; a place's source is the other.
BUILT = """[{Name: BuildOutput}]
                  RunOrder: 1
            - !Ref AWS::NoValue

        - Fn::If:
            - Builds
"""

STRUCTURE = (
    # Order and pairing.
    Defect("run-order", "pipeline", DEVELOPMENT, DEVELOPMENT.replace("3", "9")),
    Defect("change-set-pair", "pipeline", "ChangeSetName: release", "ChangeSetName: x"),
    Defect("change-set-pair", "pipeline", DEVELOPMENT, DEVELOPMENT.replace("3", "1")),
    Defect(
        "change-set-pair",
        "pipeline",
        "ActionMode: CHANGE_SET_EXECUTE\n                    "
        'StackName: !Sub "${ProjectName}-lambda-development"',
        "ActionMode: CHANGE_SET_EXECUTE\n                    "
        'StackName: !Sub "${ProjectName}-lambda-staging"',
    ),
    Defect(
        "change-set-pair", "pipeline", "CHANGE_SET_EXECUTE", "CHANGE_SET_EXECUTE_ALL"
    ),
    # Modes, keys and values.
    Defect("action-mode", "pipeline", "CHANGE_SET_REPLACE", "CHANGE_SET_CREATE"),
    Defect("action-mode", "pipeline", "CHANGE_SET_REPLACE", "REPLACE_ON_FAILURE"),
    Defect("action-mode", "pipeline", "CHANGE_SET_REPLACE", "DELETE_ONLY"),
    Defect(
        "action-mode",
        "pipeline",
        "                    RoleArn: !Ref CloudFormationServiceRoleArn\n",
    ),
    Defect(
        "action-mode",
        "pipeline",
        "                    TemplatePath: BuildOutput::packaged.yaml\n",
    ),
    Defect("action-configuration", "pipeline", "StackName: !Sub", "Stack: !Sub"),
    Defect(
        "action-configuration", "pipeline", "TemplateConfiguration", "TemplateConfig"
    ),
    Defect("action-configuration", "pipeline", "BranchName: !Ref", "Branch: !Ref"),
    Defect("action-configuration", "pipeline", "ExternalEntityLink", "ExternalLink"),
    Defect(
        "action-configuration",
        "pipeline",
        'PollForSourceChanges: "false"',
        "PollForSourceChanges: false",
    ),
    Defect(
        "action-configuration",
        "pipeline",
        'CustomData: "Release',
        f'CustomData: "{"x" * 1001} Release',
    ),
    Defect("capabilities", "pipeline", "IAM,CAPABILITY_AUTO", "IAM, CAPABILITY_AUTO"),
    Defect("capabilities", "pipeline", "CAPABILITY_NAMED_IAM,", ""),
    Defect("capabilities", "pipeline", ",CAPABILITY_AUTO_EXPAND", ""),
    Defect("capabilities", "pipeline", "CAPABILITY_NAMED_IAM", "CAPABILITY_NAMED"),
    # Types, names, artifacts and files.
    Defect("action-type", "pipeline", "Provider: CodeBuild", "Provider: CodeBuilds"),
    Defect("action-type", "pipeline", "Owner: ThirdParty", "Owner: AWS"),
    Defect("action-type", "pipeline", "Category: Deploy", "Category: Build"),
    Defect(
        "action-type",
        "pipeline",
        'CloudFormation, Version: "1"',
        'CloudFormation, Version: "2"',
    ),
    Defect("action-type", "pipeline", "Category: Source", "Category: Build"),
    Defect("pipeline-names", "pipeline", "Name: DeployDevelopment", "Name: Build"),
    Defect("pipeline-names", "pipeline", "Name: SmokeTests", "Name: ExecuteChangeSet"),
    Defect("pipeline-names", "pipeline", "Name: SmokeTests", "Name: Smoke tests"),
    Defect(
        "artifact-made",
        "pipeline",
        "[{Name: SourceOutput}]\n                  OutputArtifacts",
        "[{Name: Sources}]\n                  OutputArtifacts",
    ),
    Defect("artifact-made", "pipeline", "BuildOutput::packaged", "Build::packaged"),
    Defect(
        "artifact-count", "pipeline", "                    PrimarySource: BuildOutput\n"
    ),
    Defect(
        "artifact-count",
        "pipeline",
        "PrimarySource: BuildOutput",
        "PrimarySource: SourceOutput",
    ),
    Defect(
        "artifact-count",
        "pipeline",
        "                    OutputFileName: stack-outputs.json\n",
    ),
    Defect(
        "artifact-count",
        "pipeline",
        "Name: StagingOutputs}]\n                  RunOrder: 3",
        "Name: DevelopmentOutputs}]\n                  RunOrder: 3",
    ),
    Defect(
        "artifact-count",
        "pipeline",
        BUILT,
        BUILT.replace("}]", "}, {Name: Unread}]"),
    ),
    Defect("file-made", "pipeline", "::packaged.yaml", "::template.yaml"),
    Defect(
        "file-made",
        "buildspec.yml",
        "buildspec.yml buildspecs deploy",
        "buildspec.yml deploy",
    ),
    Defect("configuration-made", "pipeline", "n.staging.json", "n.stage.json"),
)
