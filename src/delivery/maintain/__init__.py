"""Looking after a delivery: what a week, a month and a quarter ask, and what is left over.

``findings``  sections with facts and checks, and how a whole review went.
``pipeline``  executions, builds and approvals of a period.
``roles``     what roles hold, against what the templates say.
``settings``  configured values that are not the safe ones.
``guards``    keys, buckets, trails, subscriptions and the token.
``cleaning``  which versions and packages nothing needs any more.

All of it is pure: ``flows.maintenance`` and ``flows.cleaning`` read and delete.
"""
