"""Who takes part in made-up calls: agents in groups, virtual numbers, customers. No number here is anybody's."""

from dataclasses import dataclass

# Which digit of the menu leads to which group, and its share of the agents.
GROUPS = {"Sales": 7, "Support": 8, "Billing": 4, "Renewals": 3, "Dealer desk": 3}
FIRST_NAMES = (
    *("Asha", "Ravi", "Meera", "Imran", "Kavita", "Joseph", "Harpreet", "Nandini", "Farhan", "Divya", "Suresh"),
    *("Lakshmi", "Vikram", "Zoya", "Manoj", "Priyanka", "Tenzin", "Gurpreet", "Anjali", "Rohit", "Shabana", "Ketan"),
)
LAST_NAMES = (
    *("Kulkarni", "Sharma", "Fernandes", "Qureshi", "Reddy", "Mathew", "Gill", "Bose", "Shaikh", "Nair", "Yadav"),
    *("Patel", "Banerjee", "Ansari", "Deshmukh", "Menon", "Wangchuk", "Chauhan", "Joshi"),
)
UNUSUAL_NAMES = {
    2: "Venkata Subramanian Krishnamurthy Raghunathan",
    5: "आशा कुलकर्णी",
    7: "राजलक्ष्मी वेंकटसुब्रमण्यन",
    9: "Anne-Marie D'Souza",
    13: "Om",
    16: "محمد الأنصاري",
    19: "Mohammed Abdul Rahman Siddiqui (night desk)",
}
USUAL_TEAM = 25


@dataclass(frozen=True, slots=True)
class Agent:
    """A person of ours. `number` is bare, ten digits."""

    number: str
    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Line:
    """A virtual number, the group its callers mostly want, how its panel sends (json, form or get), and its label."""

    number: str
    group: str
    shape: str
    label: str


LINES = (
    Line("01200000301", "Sales", "json", "Main line Noida"),
    Line("01200000302", "Support", "json", "Support toll-free"),
    Line("01200000303", "Support", "form", "Support, app"),
    Line("01200000304", "Billing", "json", "Billing"),
    Line("01200000305", "Renewals", "form", "Renewals"),
    Line("01200000306", "Dealer desk", "get", "Dealer desk"),
)


def agents(count: int) -> list[Agent]:
    """Give this many agents, groups in their usual shares."""
    shares = [group for group, share in GROUPS.items() for _ in range(share)]
    # A stride that shares no factor with 25, so that neighbours are in different groups.
    return [Agent(f"8000{n + 1:06d}", _name(n), shares[n * 7 % len(shares)]) for n in range(count)]


def customer(number: int) -> str:
    """The number of customer 0 to 999,999, bare."""
    return f"9000{number:06d}"


def _name(n: int) -> str:
    return UNUSUAL_NAMES.get(n) or f"{FIRST_NAMES[n % len(FIRST_NAMES)]} {LAST_NAMES[(n * 5 + n // 22) % 19]}"
