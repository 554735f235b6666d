"""What a release would change in an environment, told before a person lets it in.

``inputs``  an environment's parameters, from the build's artifact and the pipeline.
``marks``   what about one change needs a second look.
``report``  the report itself: as data, as a page of text, as one line for a notice.
"""
