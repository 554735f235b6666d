"""What really happened: the pipeline, the releases, and DORA's five metrics of them.

``history``  what was read: releases, executions, commits; the flow gathers it.
``carried``  which commits each release brought that no release had brought before.
``changes``  the deployments of changes, with what failed and when it was over.
``measures`` what each metric means; ``bands`` what its value is called.
``dora``     the metrics, with what they rest on and what they leave out.
``pipeline`` executions in numbers.
``facts``    all of it in one report; ``data`` and ``words`` put it into JSON and text.
``money``    what a month costs, estimated elsewhere.
``numbers``  numbers as people read them.
``page``     the same as one HTML page, with ``pictures``.
"""
