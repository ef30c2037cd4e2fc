"""Train the matcher of denied topics on other topics than those it is measured on."""
