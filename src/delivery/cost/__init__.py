"""What the delivery and each environment cost in a month, before anything is deployed.

``model``        prices, lines, sections, levers: the data that flows
``prices``       the price table of ``prices.yaml``, with the date of each price
``assumptions``  what templates cannot say: releases, minutes, sizes; all can be given
``templates``    a template with its conditions and values decided
``facts``        what of a stack costs money;  ``read`` finds it in a template
``actions``      what one execution of a pipeline does
``usage``        facts and assumptions become quantities, each under the key of its price
``estimate``     quantities become amounts; the account's free tier is used up line by line
``levers``       what keeps the amount low, as facts of the templates, and what it saves
``report``       all of it for one configuration;  ``words`` for people, ``data`` for programs

Nothing is imported here, so that a help text can read the assumptions quickly.
"""
