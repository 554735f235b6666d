"""FHIR R4 as it arrives: text to JSON, JSON to one patient's resources, or the problem.

``document``    text → JSON tree, with limits of size and depth
``elements``    how FHIR's data types look in JSON, and where they do not
``definitions`` the elements of each resource type that the analysis reads
``dates``       dates of any precision, with or without a zone
``references``  which resource a reference means
``bundle``      the whole: one bundle, one patient, no duplicates
"""
