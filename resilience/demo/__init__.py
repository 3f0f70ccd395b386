"""The demonstration: a fictional local office with three CCGs, three programmes and cases in every state.

Everything is done through the product's own actions, at moments relative to today.
"""

PASSWORD = "every practice matters"  # nosec B105 # the demonstration's, printed at its start

SIGN_INS = (
    ("Practice user", "practice@example.nhs.uk"),
    ("Programme officer", "officer@example.nhs.uk"),
    ("Approver", "approver@example.nhs.uk"),
    ("Finance lead", "finance@example.nhs.uk"),
    ("Supplier user", "supplier@example.nhs.uk"),
    ("Observer", "observer@example.nhs.uk"),
    ("Administrator", "admin@example.nhs.uk"),
)


def sign_ins() -> list[tuple[str, str, str]]:
    """(role, email, password) of one person in each role, for the start to print."""
    return [(role, email, PASSWORD) for role, email in SIGN_INS]
