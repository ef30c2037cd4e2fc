"""Make the word frequencies, and measure the lexical topic and grounding scorers."""
