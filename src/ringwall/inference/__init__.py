"""Guardrail resources and their runs; upstream models; rate limits; behavioural monitors.

Today: all of that; besides, web ACLs, endpoints of classic models, sealed prompts, and scanners of generated code.
"""
