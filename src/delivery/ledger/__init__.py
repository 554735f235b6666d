"""The release ledger: what was released, and which release is the last known good one.

``events``    what can be recorded, frozen.
``codec``     an event as one JSON object, and back, strictly.
``chain``     each event carries the hash of the one before it; what is wrong with a chain.
``releases``  events folded into releases; the last known good one; what they protect.
``facts``     a stack and its aliases, as CloudFormation and Lambda have them, as facts.
``plan``      what is still to be recorded: nothing, when it was recorded before.
``book``      reading and appending by the release store.
"""
