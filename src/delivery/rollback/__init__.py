"""Take a release back: what is possible now, what would be done, and how it is told.

``situation``  what is known before anything is decided.
``options``    for each choice of the menu: the way it goes now, or why it cannot.
``moves``      which alias goes to which version, and what forbids it.
``request``    the recorded release as a stack again, without a shift.
"""
