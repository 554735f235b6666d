"""An AWS release plane on 127.0.0.1 that boto3, ``aws`` and ``sam`` talk to by endpoint URL.

One server process keeps all state. moto answers for the services whose records are all that a
release needs; the backends here answer for the services whose behaviour a release depends on.
"""

__version__ = "0.1.0"
