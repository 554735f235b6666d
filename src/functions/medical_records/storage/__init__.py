"""Where analyses and submissions set aside are kept: the port, and S3 with SQS behind it."""
