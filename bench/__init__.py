"""The benchmark: the product as shipped, beside peers and beside raw limits, in interleaved runs."""
