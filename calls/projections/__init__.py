"""What is made from calls, behind the traffic: each follows the numbers of the changes, and keeps its position."""
