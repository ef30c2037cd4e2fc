"""The gateway: what an application asks goes through the wall to an upstream model, and the answer comes back through it."""

from ringwall.inference.gateway.gateway import Answering, Gateway, Guard, Passed, Wanted

__all__ = ["Answering", "Gateway", "Guard", "Passed", "Wanted"]
