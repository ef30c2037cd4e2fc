"""The release log of the shipped models: who released which weights, with which card, figures, data and code."""
