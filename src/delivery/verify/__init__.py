"""Whether an environment is as it has to be after a release or a rollback.

``declared`` what the template says may be sent to each function as a proof.
``case``     one verification: what is expected, what the stack holds, what is declared.
``serving``  aliases and code: does the right version serve, alone?
``calls``    functions by their aliases, and the API over HTTP: do they answer?
``signals``  logs, metrics and alarms: does anything complain?
``records``  CloudTrail and the API's deployment: do the records agree?
``report``   the verdict as a table.
"""
