"""Configurations that are refused: what is written, on which line it is told, and how."""

from __future__ import annotations

from dataclasses import dataclass

LEAST = "version: 1\nenvironments:\n  development: {}\n"
DEEP = 30_000
# A signing profile's version but for its last letter.
PROFILE = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/release/a1b2C3d4E"
# Seven short lines that stand for two million items.
BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]\n"
    for before, name in zip("abcdef", "bcdefg", strict=True)
)


@dataclass(frozen=True, slots=True)
class Broken:
    """``told`` follows the file's name and the line in the refusal."""

    name: str
    text: str
    line: int
    told: str


def _wrong(name: str, block: str, told: str, *, line: int = 4) -> Broken:
    """Give a configuration that is whole but for ``block``, which begins on line 4."""
    return Broken(name, f"{LEAST}{block}\n", line, told)


BROKEN = (
    # What is no configuration at all.
    Broken("empty", "", 1, "unsupported structure. The document must be a block"),
    Broken("only a comment", "# soon\n", 1, "unsupported structure"),
    Broken("a list", "- version: 1\n", 1, "unsupported structure"),
    Broken("a sentence", "all as before\n", 1, "unsupported structure"),
    Broken("a tab", "version: 1\n\tproject: {}\n", 2, "YAML not well-formed. found a"),
    _wrong("a bracket left open", "project: [", "YAML not well-formed", line=5),
    _wrong("two documents", "---\nversion: 1", "YAML not well-formed. but found"),
    _wrong("a key twice", "version: 1", 'the key "version" is given twice (first on'),
    _wrong(
        "a key twice inside",
        "defaults:\n  s3:\n    noncurrent_days: 1\n    noncurrent_days: 2",
        'the key "noncurrent_days" is given twice (first on line 6)',
        line=7,
    ),
    _wrong("a merge key", "project: {<<: {name: abc}}", "CloudFormation does not know"),
    _wrong("an alias", "project: *other", "the alias *other is not allowed; write"),
    Broken("a bomb of aliases", BOMB + LEAST, 2, "the alias *a is not allowed"),
    _wrong(
        "endless nesting",
        f"defaults: {'[' * DEEP}{']' * DEEP}",
        "nested deeper than 100 levels",
    ),
    _wrong("an object of Python", "project: !!python/name:os.system", "project: "),
    _wrong("an unknown tag", "project: !Secret name", "unknown tag !Secret"),
    # Keys.
    Broken("another version", LEAST.replace("1", "2"), 1, "version: 2 is not valid"),
    Broken("no version", LEAST[11:], 1, "version: this key is missing"),
    Broken("no environments", "version: 1\n", 1, "environments: this key is missing"),
    Broken(
        "an unknown environment",
        "version: 1\nenvironments: {prod: {}}\n",
        2,
        "environments.prod: there is no such key. Allowed: development, production, "
        "staging.",
    ),
    Broken(
        "an environment between is missing",
        "version: 1\nenvironments: {development: {}, production: {}}\n",
        2,
        "environments.staging: this environment is missing",
    ),
    _wrong(
        "a misspelt key", "project: {regoin: x}", "project.regoin: there is no such"
    ),
    _wrong("a number as a key", "defaults: {3: x}", "defaults.3: there is no such key"),
    _wrong("a reserved tag", "defaults: {tags: {'aws:x': y}}", "defaults.tags.aws:x:"),
    # Values.
    _wrong(
        "too little",
        "defaults:\n  lambda:\n    memory_megabytes: 64",
        "defaults.lambda.memory_megabytes: 64 is not valid. "
        "Allowed: a whole number from 128 to 10240.",
        line=6,
    ),
    _wrong(
        "text for a number",
        "defaults: {lambda: {timeout_seconds: '9'}}",
        "defaults.lambda.timeout_seconds: '9' is not valid. "
        "Allowed: a whole number from 1 to 29.",
    ),
    _wrong(
        "a fraction",
        "defaults: {lambda: {timeout_seconds: 9.5}}",
        "defaults.lambda.timeout_seconds: 9.5 is not valid",
    ),
    _wrong(
        "no number",
        "defaults: {lambda: {timeout_seconds: .nan}}",
        "defaults.lambda.timeout_seconds: nan is not valid",
    ),
    _wrong(
        "true for a number",
        "defaults: {lambda: {memory_megabytes: true}}",
        "defaults.lambda.memory_megabytes: true is not valid",
    ),
    _wrong(
        "below zero",
        "defaults: {lambda: {reserved_concurrency: -1}}",
        "defaults.lambda.reserved_concurrency: -1 is not valid",
    ),
    _wrong(
        "a word of another list",
        "defaults: {lambda: {log_level: TRACE}}",
        "defaults.lambda.log_level: 'TRACE' is not valid. "
        "Allowed: DEBUG, INFO, WARNING, ERROR.",
    ),
    _wrong(
        "an old runtime",
        "defaults: {lambda: {runtime: python2.7}}",
        "defaults.lambda.runtime: 'python2.7' is not valid. Allowed: python3.11",
    ),
    _wrong(
        "neither true nor false",
        "defaults: {blue_green: {enabled: maybe}}",
        "defaults.blue_green.enabled: 'maybe' is not valid. Allowed: true or false.",
    ),
    _wrong(
        "an unknown shift",
        "defaults: {blue_green: {traffic_shift_type: Rolling}}",
        "defaults.blue_green.traffic_shift_type: 'Rolling' is not valid",
    ),
    _wrong(
        "a shift of all as a share",
        "defaults: {blue_green: {traffic_shift_percentage: 100}}",
        "defaults.blue_green.traffic_shift_percentage: 100 is not valid. "
        "Allowed: a whole number from 1 to 99.",
    ),
    _wrong(
        "days that CloudWatch does not offer",
        "defaults: {cloudwatch: {log_retention_days: 31}}",
        "defaults.cloudwatch.log_retention_days: 31 is not valid. "
        "Allowed: 1, 3, 5, 7, 14, 30",
    ),
    _wrong(
        "a period that the API does not offer",
        "defaults: {api_gateway: {quota_period: YEAR}}",
        "defaults.api_gateway.quota_period: 'YEAR' is not valid. Allowed: DAY, WEEK",
    ),
    _wrong(
        "a list for a block", "defaults: {lambda: [1]}", "defaults.lambda: this list"
    ),
    _wrong("an empty block", "defaults:", "defaults: an empty value is not valid"),
    _wrong(
        "a name that S3 refuses",
        "project: {name: Bad_Name}",
        "project.name: 'Bad_Name' is not valid. "
        "Allowed: 3 to 25 lower-case letters, digits and hyphens.",
    ),
    _wrong(
        "a zone for a region",
        "project: {region: us-east-1a}",
        "project.region: 'us-east-1a' is not valid",
    ),
    _wrong(
        "an address twice",
        "pipeline: {notification_emails: [a@b.c, a@b.c]}",
        "pipeline.notification_emails: an item is there twice",
    ),
    _wrong(
        "too many addresses",
        "pipeline: {notification_emails: [a@b.c, b@b.c, c@b.c, d@b.c]}",
        "pipeline.notification_emails: 4 items are too many. Allowed: at most 3.",
    ),
    _wrong(
        "no address",
        "pipeline: {notification_emails: [nobody]}",
        "pipeline.notification_emails.0: 'nobody' is not valid. "
        "Allowed: an e-mail address.",
    ),
    _wrong(
        "a place that is the home",
        "pipeline: {promotes_to: [us-east-1]}",
        "pipeline.promotes_to: us-east-1 is the home, project.region, where releases come "
        "from. Allowed: other places than the home.",
    ),
    _wrong(
        "a place that is the home, by its account",
        'project: {account: "111122223333"}\n'
        "pipeline: {promotes_to: [111122223333/us-east-1]}",
        "pipeline.promotes_to: 111122223333/us-east-1 is the home, project.region, where "
        "releases come from. Allowed: other places than the home.",
        line=5,
    ),
    _wrong(
        "a place of an account, and no account of the home",
        "pipeline: {promotes_to: [111122223333/us-east-1]}",
        "pipeline.promotes_to: 111122223333/us-east-1 names an account, and "
        "project.account does not say whose the home is. Allowed: regions, or "
        "project.account with the 12 digits of the home's account.",
    ),
    _wrong(
        "a place twice",
        'project: {account: "111122223333"}\n'
        "compliance: {allowed_regions: [us-east-1, us-west-2]}\n"
        "pipeline: {promotes_to: [us-west-2, 111122223333/us-west-2]}",
        "pipeline.promotes_to: 111122223333/us-west-2 is the same place as us-west-2. "
        "Allowed: each place once.",
        line=6,
    ),
    _wrong(
        "a place of another account where records may not be",
        'project: {account: "111122223333"}\n'
        "pipeline: {promotes_to: [444455556666/us-west-2]}",
        "pipeline.promotes_to: us-west-2 is not among compliance.allowed_regions. "
        "Allowed: us-east-1.",
        line=5,
    ),
    _wrong(
        "a place of an account alone",
        'pipeline: {promotes_to: ["444455556666"]}',
        "pipeline.promotes_to.0: '444455556666' is not valid. Allowed: a region, such as "
        "us-east-1, or an account and a region, such as 111122223333/us-east-1.",
    ),
    _wrong(
        "an account as a number, which loses its zeros",
        "project: {account: 111122223333}",
        "project.account: 111122223333 is not valid. Allowed: empty, or the 12 digits of "
        "an account in quotes.",
    ),
    _wrong(
        "a place where records may not be",
        "pipeline: {promotes_to: [us-west-2]}",
        "pipeline.promotes_to: us-west-2 is not among compliance.allowed_regions. "
        "Allowed: us-east-1.",
    ),
    _wrong(
        "a signing profile without its version",
        "defaults:\n  security:\n    signing_profile_versions:\n"
        "      - arn:aws:signer:us-east-1:111122223333:/signing-profiles/release",
        "defaults.security.signing_profile_versions.0: "
        "'arn:aws:signer:us-east-1:111122223333:/signing-profiles/r…' is not valid. "
        "Allowed: the ARN of a version of a signing profile.",
        line=7,
    ),
    _wrong(
        "one signing profile as text",
        f"defaults: {{security: {{signing_profile_versions: '{PROFILE}0'}}}}",
        "defaults.security.signing_profile_versions: 'arn:aws:signer:",
    ),
    _wrong(
        "a signing profile twice",
        f"defaults: {{security: {{signing_profile_versions: ['{PROFILE}0', "
        f"'{PROFILE}0']}}}}",
        "defaults.security.signing_profile_versions: an item is there twice",
    ),
    _wrong(
        "too many signing profiles",
        "defaults:\n  security:\n    signing_profile_versions:\n"
        + "".join(f"      - {PROFILE}{letter}\n" for letter in "abcdefghijklmnopqrstu"),
        "defaults.security.signing_profile_versions: 21 items are too many. "
        "Allowed: at most 20.",
        line=6,
    ),
    # Values that do not fit each other.
    _wrong(
        "a signing profile of another region",
        "defaults:\n  security:\n    signing_profile_versions:\n"
        f"      - {PROFILE.replace('us-east-1', 'eu-west-1')}0",
        "development.security.signing_profile_versions: "
        f"{PROFILE.replace('us-east-1', 'eu-west-1')}0 is of eu-west-1, and packages "
        "are in us-east-1. Allowed: signing profiles of us-east-1.",
        line=6,
    ),
    _wrong(
        "a region that is not allowed",
        "project: {region: eu-central-1}",
        "project.region: eu-central-1 is not among compliance.allowed_regions. "
        "Allowed: us-east-1.",
    ),
    _wrong(
        "a shift that CodeDeploy would give up",
        "defaults: {blue_green: {traffic_shift_type: Linear, "
        "traffic_shift_percentage: 1, traffic_shift_interval: 60}}",
        "development.blue_green",
    ),
    _wrong(
        "a burst below the rate",
        "defaults: {api_gateway: {throttle_rate: 100, throttle_burst: 50}}",
        "development.api_gateway.throttle_burst: a burst of 50 refuses requests",
    ),
)
