"""Adapters: AWS, the rehearsal plane and git, as ``delivery.ports`` has them.

Nothing else in ``delivery`` imports boto3 or botocore, and only ``cli.wiring`` imports
this package.
"""
