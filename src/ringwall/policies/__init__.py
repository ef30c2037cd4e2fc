"""IAM and Cedar evaluators, information-flow labels, temporal monitors: the permission decision as a function."""
