"""Hooks that CodeDeploy calls before and after it shifts a function's traffic.

They know no application: what they call, and what they accept as an answer, is the
configuration in `settings`.

``pre_traffic``   the handler that calls the new version while nobody else does
``post_traffic``  the handler that looks at the alias when all traffic has moved
``settings``      the variable CHECKS becomes checks
``execution``     read the event, decide in time, report, whatever happens
``deployment``    which function a deployment is about
``checks``        one check against a version or an alias
``deadline``      an end to waiting before Lambda ends the function
``clients``       AWS's clients with timeouts that leave time to report
``log``           lines without the content of a request or an answer
"""
