"""The app, room by room. A room may import those on the floors below its own and beside it, never one above.

    words, phones, days      the trade's words; phone numbers; what a day is, in the site's time zone
    spellings                what all spellings of a name have in common
    phones_in_text           what is taken for a number in free text: one rule for display, logs and search
    whole_numbers            whole numbers in text from outside, of any length
    private_files            files that hold secrets
    rules                    what a call is, given all that was heard of it: no database, no clock, no network
    models                   what the database holds
    providers                a provider's words into call events: one file each
    database                 what writers and readers of calls share: columns, numbering, locks, bulk statements
    people                   who may see what, and what was looked at
    display                  the one place that shows a call, hides a number, has the words
    health                   is the provider well: what is doubled, silent, or odder than usual
    figures                  each figure of a span of time, defined once, and the sums it is made of
    commit                   one transaction: store, match, learn, derive, number
    live                     the live calls, the latest completed and the totals: in memory and from the database
    intake                   from a request's bytes to a delivery that is stored
    projections              what is made from calls, behind the traffic: the runner
    boards                   sockets: who looks, and how fast
    history                  calls of the past: search and pages
    pages, api, admin        where people and programs come in
    upkeep                   replay, prune, seed, the doctor, what an installation is
    simulation               a provider that is made up: outside, it knows the product by its webhook only

`tests/test_architecture.py` holds the floors file by file.
"""

__version__ = "0.2.0"
"""The version of the product; `pyproject.toml`, `--version` and `/version` read it here."""
