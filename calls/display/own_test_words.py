"""What became of a test that was sent to one of our own webhooks, in sentences."""

_REFUSALS = {
    "address": "only the networks that are named at the source may deliver, and this server is in none of them",
    "tls": "deliveries must come by HTTPS, and CALLBOARD_BASE_URL does not say https",
    "host": "the host is none of those in CALLBOARD_ALLOWED_HOSTS",
    "storage": "the database could not store it",
    "busy": "too many deliveries wait to be stored",
}
_NOT_TESTED = "Whether the provider reaches it, the test button of its panel tells."


def own_test_sentence(
    address: str, status: int | None, milliseconds: int, error: str = "", result: str = "", reason: str = ""
) -> str:
    """The outcome, and what follows from it. `result` is empty where nothing was stored."""
    if status is None:
        return (
            f"Nothing answered at {address} within {milliseconds / 1000:.1f} s. Is CALLBOARD_BASE_URL right, and can "
            "this server reach itself there? The provider may reach it all the same."
        )
    answered = f"The test was answered {status} after {milliseconds} ms"
    if status != 200:
        return f"{answered}: {_REFUSALS.get(error) or error or 'something else answers'}. The address was {address}."
    if not result:
        return f"{answered}, but nothing was stored: something else answers at {address}."
    if reason == "source_disabled":
        return f"{answered}, and stored, but it would be ignored: the source is switched off."
    return f"{answered}, stored and read. It was about no call, and is removed again. {_NOT_TESTED}"
