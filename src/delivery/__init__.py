"""Deliver a serverless application to AWS, and take a release back.

The stages, in order:

``config``    environment_config.yaml becomes one Environment for each block.
``render``    templates and an Environment become parameters, template configurations
              and the packaged stack.
``supply``    what a release is made of, and whether a part has a known hole.
``validate``  findings before any call to AWS.
``deploy``    a snapshot and what was rendered become a plan, and that a change set.
``watch``     the events of one operation, once each, in order; the cause of a failure.
``cost``      what a month costs, from templates and configuration.
``verify``    checks after a deployment; the verdict is the worst of them.
``ledger``    what was released, and which release is the last known good one.
``review``    what a release would change, told before a person lets it in.
``measure``   what each release and each build tells the dashboard.
``promote``   what a verified release is when it is handed to other places.
``operate``   status, approvals, logs.
``report``    what really happened, and the five DORA metrics of it.
``maintain``  what a week, a month and a quarter ask, and what no release needs any more.

``flows`` puts the stages in order, ``aws`` alone imports boto3, and ``cli`` asks,
draws and composes.
"""

__version__ = "0.1.0"
