"""`make run`: the whole product on one machine, for trying it out and for developing it.

A server for an office runs the same processes under systemd; nothing in the product imports this.
"""
