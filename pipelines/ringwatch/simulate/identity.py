"""Names that people and machines see: account ids, mail addresses, phone numbers, fingerprints."""

import binascii

import numpy as np
import pandas as pd

from ringwatch.simulate.hashing import below, mix
from ringwatch.simulate.landscape import COUNTRIES

_FIRST = """
maria lucas emma noah olivia liam ana pedro priya arjun yuki kenji mei wei fatma emre chidi amara lena jonas sofia mateo
julia tomasz agnes piotr linh minh dewi budi grace samuel hannah felix chloe hugo zoe adam nina omar
"""
_LAST = """
keller silva santos sharma patel tanaka sato chen wang nguyen tran yilmaz demir okafor adeyemi kowalski nowak mueller
schmidt martin bernard dubois smith jones brown taylor wilson garcia lopez rossi ricci putri wijaya hansen berg novak
"""
_SYLLABLES = """
ba be bo da de do fa ga go ka ke ko la le lo ma me mo na no pa pe ra re ro sa se so ta te to va vo za
"""

# Keys of devices and templates below zero stand for values that mean "nothing".
NOTHING = np.array(["unknown", "0" * 32, "00000000-0000-0000-0000-000000000000", "none"], dtype=object)


def account_ids(rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw different ids that say nothing about their accounts, nor about the order in which these were made."""
    numbers = mix(int(rng.integers(1 << 62)), np.arange(count))
    return np.asarray("acc_" + _hex(numbers))


def invent_names(rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw names of organisations; the number behind makes them different and keeps them from being anyone's."""
    parts = rng.choice(_words(_SYLLABLES), size=(count, 3))
    return np.asarray(parts.sum(axis=1) + (np.arange(count) + 100).astype(str).astype(object))


def emails(people: pd.DataFrame) -> np.ndarray:
    """Return each person's mail address, None for the few who gave none; equal mailboxes differ in their +tag alone."""
    mailbox, tag = people["mailbox"].to_numpy(), people["tag"].to_numpy()
    first, last = _words(_FIRST), _words(_LAST)
    separator = np.array([".", "", "_"], dtype=object)[below(3, mailbox, 1)]
    number = below(90_000, mailbox, 4) + 10_000
    local = first[below(len(first), mailbox, 2)] + separator + last[below(len(last), mailbox, 3)]
    local = local + number.astype(str).astype(object)
    tagged = np.where(tag > 0, np.array("+", dtype=object) + tag.astype(str).astype(object), "")
    address = local + tagged + "@" + people["domain"].to_numpy(dtype=object)
    address[below(100, mailbox, 5) < 3] = None
    return np.asarray(address)


def phones(people: pd.DataFrame) -> np.ndarray:
    """Return each person's number in E.164, None without one."""
    key, country = people["phone"].to_numpy(), people["country"].to_numpy()
    numbers = np.full(len(people), None, dtype=object)
    for row, (prefixes, digits) in enumerate(zip(COUNTRIES["phone_prefixes"], COUNTRIES["phone_digits"], strict=True)):
        here = (country == row) & (key > 0)
        if not here.any():
            continue
        prefix = np.array(prefixes, dtype=object)[below(len(prefixes), key[here], 1)]
        numbers[here] = prefix + np.char.zfill(below(10**digits, key[here], 2).astype(str), digits).astype(object)
    return numbers


def fingerprints(key: np.ndarray) -> np.ndarray:
    """Return the 32 hexadecimal digits of each key; keys below zero give a value that means nothing."""
    return np.where(key < 0, NOTHING[np.where(key < 0, -key - 1, 0)], _hex(mix(key, 1)) + _hex(mix(key, 2)))


def tokens(key: np.ndarray, prefix: str) -> np.ndarray:
    """Return `prefix` and the 16 hexadecimal digits of each key; keys below zero give a value that means nothing."""
    names = np.array(prefix, dtype=object) + _hex(mix(key, 3))
    return np.where(key < 0, NOTHING[np.where(key < 0, -key - 1, 0)], names)


def _words(text: str) -> np.ndarray:
    return np.array(text.split(), dtype=object)


def _hex(numbers: np.ndarray) -> np.ndarray:
    digits = binascii.hexlify(numbers.astype(">u8").tobytes())
    return np.frombuffer(digits, dtype="S16").astype("U16").astype(object)
