"""Least privilege, proven both ways: what a role lacks, and what nobody needs.

``names`` says what a stack's resources will be called, ``needs`` what their handlers ask
for, ``narrowing`` what of that our use of a type never reaches, ``grants`` what a role
allows, and ``proof`` compares.
"""
