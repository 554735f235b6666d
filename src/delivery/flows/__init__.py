"""The stages put in order: deploy, follow an execution, approve, rehearse.

No click and no boto3 here: flows speak to AWS through ``ports`` and to the operator
through ``ports.Screen``.
"""
