"""Guardrail resources and their runs; upstream models; rate limits; behavioural monitors.

Today: guardrail resources and their runs; the gateway to upstream models; web ACLs; limits on use; sealed prompts; scanners of
generated code; monitors, which no request passes yet.
"""
