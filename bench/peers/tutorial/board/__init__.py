"""A peer of the benchmark: what Django's, REST framework's and Channels' tutorials lead to."""
