"""Pure rules of AWS that the tool and the rehearsal plane both need.

Nothing here talks to AWS, reads the clock or knows the application: data in, data out.
Each rule names its public source.
"""
