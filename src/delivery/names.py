"""Names that users and their scripts rely on; light, so that help texts may use them."""

from __future__ import annotations

PIPELINE_NAME = "MedicalRecordAnalysisPipeline"
METRIC_NAMESPACE = "MedicalRecordAnalysis/Delivery"
FOUNDATION_STACK = "medical-record-analysis-foundation"
PIPELINE_STACK = "medical-record-analysis-pipeline"
RECEIVER_ROLE_PREFIX = "medical-record-analysis-receiver-"
APPLICATION_STACK_PREFIX = "medical-record-analysis-lambda-"
ENVIRONMENTS = ("development", "staging", "production")
PRODUCTION = "production"
WAYS_TO_READ_GITHUB = ("token", "connection")
DEFAULT_REGION = "us-east-1"
