"""Whether the name that was typed is the name of the person who signs."""

import re
import unicodedata

from practices.models import Person
from resilience.core.access import Denied

# --- the name typed ----------------------------------------------------------------------------

_TITLES = frozenset(
    ["dr", "doctor", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sir", "dame", "rev"]
)


def _names(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = re.sub(r"['’`´]", "", plain)
    return [word for word in re.findall(r"\w+", plain) if word not in _TITLES]


def same_name(one: str, other: str) -> bool:
    """The same first and last name, whatever capitals, accents, titles or middle names."""
    first, second = _names(one), _names(other)
    return bool(first and second) and (first[0], first[-1]) == (second[0], second[-1])


def check_typed_name(person: Person, typed: str) -> None:
    """The name typed is the person's own, whatever its capitals, accents, titles or middle names.

    The last name must be there; the first may be an initial. Raises Denied, saying why not.
    """
    own, given = _names(person.name), _names(typed)
    if not given:
        raise Denied("Type your name.")
    if not own:
        return
    first = own[0] == given[0] or (len(given[0]) == 1 and own[0].startswith(given[0]))
    if len(own) > 1 and len(given) == 1:
        raise Denied(f"Type your first and last name. You are signed in as {person.name}.")
    if own[-1] != given[-1] or not first:
        raise Denied(
            f"The name you typed is not the name you are signed in with, which is {person.name}. "
            "Type that name, or sign in as yourself."
        )
