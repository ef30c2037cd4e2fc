"""Guardrail resources and their runs; upstream models; rate limits; behavioural monitors."""
