"""The Lambda API: functions and published versions."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.functions.aliases import AliasOperations
from rehearsal.functions.invoking import InvokeOperations
from rehearsal.functions.model import LATEST, Function, Version, new_revision
from rehearsal.functions.packages import fetch_code, location
from rehearsal.functions.permissions import PermissionOperations
from rehearsal.functions.registry import (
    PAGES,
    Registry,
    guard_revision,
    not_found,
    qualifier_of,
)
from rehearsal.functions.settings import changed_settings, initial_settings, refused
from rehearsal.functions.states import describe
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params, Service


class LambdaService(AliasOperations, PermissionOperations, InvokeOperations, Service):
    """Functions and versions; aliases, policies and invocations come from the mixins."""

    name = "lambda"

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.registry = Registry(f"arn:aws:lambda:{plane.region}:{plane.account}")
        self.packages = plane.directory("functions", "packages")
        self.start_running()

    def create_function(self, params: Params, call: Call) -> Answer:
        """Create ``$LATEST``, and publish it when asked.

        Code that must be signed is refused: the plane verifies no signature.
        """
        if "CodeSigningConfigArn" in params:
            raise ApiError(
                "NotImplemented",
                "The rehearsal plane has no lambda:PutFunctionCodeSigningConfig.",
            )
        arn = self.registry.arn(params["FunctionName"])
        settings = initial_settings(params)
        self._check_role(settings["Role"])
        self._note_what_is_only_recorded(arn, settings)
        code = self._fetch(params["Code"], call)
        latest = Version(arn, LATEST, settings, code, self.plane.clock.now())
        function = Function(arn, latest, dict(params.get("Tags", {})))
        self.registry.add(function)
        if params.get("Publish"):
            return self._publish(function, None).describe()
        return latest.describe()

    def get_function(self, params: Params, call: Call) -> Answer:
        """Return settings, where the code is, tags and reserved concurrency."""
        function, version, arn = self._find(params)
        s3 = self.plane.client("s3", call.principal.role_arn)
        answer: dict[str, Any] = {
            "Configuration": describe(self.plane.faults, version, arn),
            "Code": location(version.code, s3),
            "Tags": dict(function.tags),
        }
        if function.reserved is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
        return answer

    def get_function_configuration(self, params: Params, call: Call) -> Answer:
        """Return the settings of ``$LATEST``, a version or an alias's version."""
        _, version, arn = self._find(params)
        answer: Answer = describe(self.plane.faults, version, arn)
        return answer

    def update_function_code(self, params: Params, call: Call) -> Answer:
        """Replace the code of ``$LATEST``, and publish when asked."""
        function = self.registry.function(params["FunctionName"])
        code = self._fetch(params, call)
        if params.get("DryRun"):
            return replace(function.latest, code=code).describe()
        architectures = params.get("Architectures")
        settings = dict(function.latest.settings)
        if architectures:
            settings["Architectures"] = architectures
        self._change_latest(function, params, code=code, settings=settings)
        if params.get("Publish"):
            return self._publish(function, None).describe()
        return function.latest.describe()

    def update_function_configuration(self, params: Params, call: Call) -> Answer:
        """Replace the given settings of ``$LATEST``."""
        function = self.registry.function(params["FunctionName"])
        settings = changed_settings(function.latest.settings, params)
        if settings["Role"] != function.latest.settings["Role"]:
            self._check_role(settings["Role"])
        self._note_what_is_only_recorded(function.arn, settings)
        self._change_latest(function, params, settings=settings)
        return function.latest.describe()

    def delete_function(self, params: Params, call: Call) -> Answer:
        """Delete one version, or without a qualifier the function and all its versions."""
        function = self.registry.function(params["FunctionName"])
        qualifier = qualifier_of(params["FunctionName"], params.get("Qualifier"))
        with self.registry.lock:
            if qualifier is None:
                self.registry.remove(function.name)
                gone = [function.latest, *function.published.values()]
            else:
                gone = [self._remove_version(function, qualifier)]
        for version in gone:
            self.fleet.retire(version)
        return {}

    def list_functions(self, params: Params, call: Call) -> Answer:
        """List ``$LATEST`` of every function; with FunctionVersion=ALL all versions."""
        shapes = []
        for function in self.registry.all():
            shapes.append(function.latest.describe())
            if params.get("FunctionVersion") == "ALL":
                published = list(function.published.values())
                shapes += [version.describe(version.arn) for version in published]
        return PAGES.cut("Functions", shapes, params)

    def publish_version(self, params: Params, call: Call) -> Answer:
        """Freeze ``$LATEST`` under the next number.

        When neither code nor settings changed since the last published version, that one is
        returned again
        (https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html).
        """
        function = self.registry.function(params["FunctionName"])
        latest = function.latest
        guard_revision(params.get("RevisionId"), latest.revision_id)
        if params.get("CodeSha256") not in (None, latest.code.sha256):
            raise refused(
                f"CodeSHA256 ({params['CodeSha256']}) is different from current CodeSHA256 "
                f"in $LATEST ({latest.code.sha256}). Please try again with the CodeSHA256 "
                "in $LATEST."
            )
        version = self._publish(function, params.get("Description"))
        return version.describe(version.arn)

    def list_versions_by_function(self, params: Params, call: Call) -> Answer:
        """List ``$LATEST`` and every published version, in order of number."""
        function = self.registry.function(params["FunctionName"])
        versions = [function.latest, *function.published.values()]
        shapes = [version.describe(version.arn) for version in versions]
        return PAGES.cut("Versions", shapes, params)

    def get_account_settings(self, params: Params, call: Call) -> Answer:
        """Return the account's limits and what is in use."""
        functions = self.registry.all()
        reserved = sum(function.reserved or 0 for function in functions)
        return {
            "AccountLimit": {
                "TotalCodeSize": 80_530_636_800,
                "CodeSizeUnzipped": 262_144_000,
                "CodeSizeZipped": 52_428_800,
                "ConcurrentExecutions": self.account_concurrency,
                "UnreservedConcurrentExecutions": self.account_concurrency - reserved,
            },
            "AccountUsage": {
                "FunctionCount": len(functions),
                "TotalCodeSize": sum(
                    version.code.size
                    for function in functions
                    for version in (function.latest, *function.published.values())
                ),
            },
        }

    def _find(self, params: Params) -> tuple[Function, Version, str]:
        """Return the function, the version asked for, and the ARN as it was asked for."""
        function = self.registry.function(params["FunctionName"])
        qualifier = qualifier_of(params["FunctionName"], params.get("Qualifier"))
        with self.registry.lock:
            version = self.registry.version(function, qualifier or LATEST)
        arn = f"{function.arn}:{qualifier}" if qualifier else function.arn
        return function, version, arn

    def _fetch(self, given: Params, call: Call) -> Any:
        s3 = self.plane.client("s3", call.principal.role_arn)
        return fetch_code(given, s3, self.packages)

    def _change_latest(
        self, function: Function, params: Params, **changes: Any
    ) -> None:
        with self.registry.lock:
            before = function.latest
            guard_revision(params.get("RevisionId"), before.revision_id)
            function.latest = replace(
                before,
                modified=self.plane.clock.now(),
                revision_id=new_revision(),
                **changes,
            )
        self.fleet.retire(before)

    def _publish(self, function: Function, description: str | None) -> Version:
        with self.registry.lock:
            latest = function.latest
            last = function.last_published()
            if last and function.published_content == latest.frozen_content:
                return last
            settings = dict(latest.settings)
            if description is not None:
                settings["Description"] = description
            function.last_number += 1
            function.published_content = latest.frozen_content
            version = replace(
                latest,
                number=str(function.last_number),
                settings=settings,
                modified=self.plane.clock.now(),
                revision_id=new_revision(),
            )
            function.published[version.number] = version
        return version

    def _remove_version(self, function: Function, number: str) -> Version:
        if number == LATEST:
            raise refused(
                "$LATEST version cannot be deleted without deleting the function."
            )
        users = [
            alias.name
            for alias in function.aliases.values()
            if number == alias.version or number in alias.weights
        ]
        if users:
            raise ApiError(
                "ResourceConflictException",
                "Version can not be deleted. The following alias(es) reference it: "
                f"[{', '.join(sorted(users))}]",
            )
        if number not in function.published:
            raise not_found(f"{function.arn}:{number}")
        return function.published.pop(number)

    def _check_role(self, role_arn: str) -> None:
        """Refuse a role that is not there or does not trust Lambda."""
        cannot = refused(
            "The role defined for the function cannot be assumed by Lambda."
        )
        try:
            role = self.plane.client("iam").get_role(
                RoleName=role_arn.rpartition("/")[2]
            )["Role"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchEntity":
                raise cannot from error
            raise
        if "lambda.amazonaws.com" not in json.dumps(role["AssumeRolePolicyDocument"]):
            raise cannot

    def _note_what_is_only_recorded(self, arn: str, settings: dict[str, Any]) -> None:
        if settings.get("Layers"):
            self.plane.not_rehearsed(
                arn, "AWS::Lambda::LayerVersion", "layers are recorded, not unpacked"
            )
        if settings.get("VpcConfig", {}).get("SubnetIds"):
            self.plane.not_rehearsed(
                arn, "AWS::EC2::Subnet", "the function runs outside any network"
            )
