"""The Medical Record Analysis application: a FHIR R4 bundle in, its analysis out.

``fhir``      reads and checks what was sent: a bundle, or the problem and its path
``analysis``  pure: what the record says, as data
``storage``   keeps analyses and submissions set aside, encrypted
``handlers``  one module a Lambda function
"""
