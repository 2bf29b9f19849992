"""Each figure of a day: what it counts, what is left out, and the sums that it is made of."""
