"""What an auditor asks for: encryption, retention, access, audit."""

from __future__ import annotations

from seeded.defect import Defect

SAFEGUARDS = (
    Defect(
        "bucket-encrypted",
        "foundation",
        "SSEAlgorithm: aws:kms",
        "SSEAlgorithm: AES256",
    ),
    Defect(
        "bucket-encrypted",
        "template",
        "              KMSMasterKeyID: !GetAtt DataKey.Arn\n",
    ),
    Defect(
        "bucket-encrypted",
        "template",
        "BucketKeyEnabled: true",
        "BucketKeyEnabled: false",
    ),
    Defect(
        "bucket-encrypted",
        "foundation",
        "{SSEAlgorithm: AES256}",
        "{SSEAlgorithm: aws:kms, KMSMasterKeyID: !GetAtt DeliveryKey.Arn}",
    ),
    Defect(
        "public-access",
        "template",
        "BlockPublicPolicy: true",
        "BlockPublicPolicy: false",
    ),
    Defect("public-access", "foundation", "        RestrictPublicBuckets: true\n"),
    Defect("public-access", "template", "BucketOwnerEnforced", "ObjectWriter"),
    Defect(
        "public-access",
        "template",
        "          - Sid: DenyWithoutTls\n            Effect: Deny",
        "          - Sid: DenyWithoutTls\n            Effect: Allow",
    ),
    Defect(
        "bucket-kept",
        "template",
        "VersioningConfiguration: {Status: Enabled}",
        "VersioningConfiguration: {Status: Suspended}",
    ),
    Defect(
        "bucket-kept",
        "template",
        "LoggingConfiguration:",
        "LoggingSettings:",
    ),
    Defect("store-encrypted", "template", "    KmsKeyArn: !GetAtt DataKey.Arn\n"),
    Defect("store-encrypted", "template", "      KmsMasterKeyId: !Ref DataKey\n"),
    Defect("store-encrypted", "template", "      KmsKeyId: !GetAtt DataKey.Arn\n"),
    Defect(
        "store-encrypted", "pipeline", "      KmsMasterKeyId: !Ref DeliveryKeyArn\n"
    ),
    Defect(
        "store-encrypted",
        "pipeline",
        "        EncryptionKey: {Type: KMS, Id: !Ref DeliveryKeyArn}\n",
    ),
    Defect("store-encrypted", "pipeline", "      EncryptionKey: !Ref DeliveryKeyArn\n"),
    Defect(
        "store-encrypted", "foundation", "      KmsKeyId: !GetAtt DeliveryKey.Arn\n"
    ),
    Defect(
        "store-encrypted", "foundation", "      KMSKeyId: !GetAtt DeliveryKey.Arn\n"
    ),
    Defect(
        "key-kept", "template", "EnableKeyRotation: true", "EnableKeyRotation: false"
    ),
    Defect(
        "key-kept", "foundation", "PendingWindowInDays: 30", "PendingWindowInDays: 7"
    ),
    Defect(
        "key-kept",
        "template",
        "              - kms:PutKeyPolicy\n",
        "              - kms:PutKeyPolicy\n              - kms:Decrypt\n",
    ),
    Defect(
        "tls-only",
        "template",
        'Bool: {"aws:SecureTransport": "false"}',
        'Bool: {"aws:SecureTransport": "true"}',
    ),
    Defect(
        "tls-only",
        "foundation",
        '            Action: "s3:*"',
        "            Action: s3:GetObject",
    ),
    Defect(
        "tls-only",
        "pipeline",
        "          - Sid: DenyWithoutTls\n            Effect: Deny",
        "          - Sid: DenyWithoutTls\n            Effect: Allow",
    ),
    Defect(
        "tls-only", "template", "SecurityPolicy: TLS_1_2", "SecurityPolicy: TLS_1_0"
    ),
    Defect("tls-only", "pipeline", "Protocol: email", "Protocol: http"),
    Defect(
        "log-retention", "template", "      RetentionInDays: !Ref LogRetentionDays\n"
    ),
    Defect(
        "log-retention",
        "template",
        "RetentionInDays: !Ref ApiAccessLogRetentionDays",
        "RetentionInDays: !Ref LogRetentionDays",
    ),
    Defect(
        "log-retention",
        "foundation",
        "ExpirationInDays: !Ref AccessLogRetentionDays",
        "ExpirationInDays: 90",
    ),
    Defect(
        "log-retention",
        "foundation",
        "ExpirationInDays: !Ref AuditRetentionDays",
        "ExpirationInDays: 365",
    ),
    Defect(
        "record-kept",
        "template",
        "            NoncurrentVersionExpiration:",
        "            ExpirationInDays: 30\n            NoncurrentVersionExpiration:",
    ),
    Defect(
        "record-kept",
        "foundation",
        "          - Id: drop-unfinished-uploads\n",
        "          - Id: drop-unfinished-uploads\n            ExpirationInDays: 400\n",
    ),
    Defect("data-policy", "template", "    DeletionPolicy: RetainExceptOnCreate\n"),
    Defect("data-policy", "foundation", "    UpdateReplacePolicy: Retain\n"),
    Defect(
        "trail-whole",
        "foundation",
        "EnableLogFileValidation: true",
        "EnableLogFileValidation: false",
    ),
    Defect(
        "trail-whole",
        "foundation",
        "IsMultiRegionTrail: true",
        "IsMultiRegionTrail: false",
    ),
    Defect(
        "trail-whole",
        "foundation",
        "{Field: eventCategory, Equals: [Management]}",
        "{Field: eventCategory, Equals: [Insight]}",
    ),
    Defect(
        "trail-whole",
        "foundation",
        ':s3:::${NamePrefix}-"\n',
        ':s3:::${ProjectName}-"\n',
    ),
    Defect("trail-whole", "foundation", "      ObjectLockEnabled: true\n"),
    Defect("trail-whole", "foundation", "Mode: GOVERNANCE", "Mode: NONE"),
    Defect("api-guarded", "template", "        DefaultAuthorizer: AWS_IAM\n"),
    Defect(
        "api-guarded",
        "template",
        "Auth: {ApiKeyRequired: false}",
        "Auth: {ApiKeyRequired: false, Authorizer: NONE}",
    ),
    Defect(
        "api-guarded",
        "template",
        "          ThrottlingRateLimit: !Ref ApiThrottleRate\n",
    ),
    Defect(
        "api-guarded",
        "template",
        "      LoggingConfig: {LogGroup: !Ref RecordsLogs}\n",
        "      LoggingConfig: {LogGroup: !Ref RecordsLogs}\n"
        "      FunctionUrlConfig: {AuthType: NONE}\n",
    ),
    Defect(
        "api-logged",
        "template",
        "$context.identity.userArn",
        "$context.identity.userAgent",
    ),
    Defect("api-logged", "template", "$context.resourcePath", "$context.path"),
    Defect(
        "api-logged", "template", "DataTraceEnabled: false", "DataTraceEnabled: true"
    ),
    Defect("api-logged", "template", 'LoggingLevel: "OFF"', "LoggingLevel: INFO"),
    Defect(
        "api-logged",
        "template",
        "SampledRequestsEnabled: false",
        "SampledRequestsEnabled: true",
    ),
    Defect(
        "concurrency-left",
        "template",
        "!If [ReservesConcurrency, !Ref LambdaReservedConcurrency, !Ref AWS::NoValue]",
        "500",
    ),
    Defect(
        "code-signed",
        "template",
        "      Role: !GetAtt RecordsRole.Arn\n"
        "      CodeSigningConfigArn: !If [AcceptsSignedCodeOnly, !Ref AcceptedSignatures, "
        "!Ref AWS::NoValue]\n",
        "      Role: !GetAtt RecordsRole.Arn\n",
    ),
)
