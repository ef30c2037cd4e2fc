"""The training of the finder of names, addresses, ages, user names and passwords: texts, labels, a token classifier, and its figures."""
