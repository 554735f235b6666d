"""Whether two releases can serve side by side, and what has to be done when not.

While traffic shifts, and after a rollback, one version runs under the roles and beside the
resources of another release.

``needs``   what a release needs and what it gives, read from its template.
``compare`` what one side needs and the other takes away, by name.
"""
