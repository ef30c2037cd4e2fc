"""Train, fit and measure the scorer of contextual grounding and relevance."""
