"""Check digits: each valid number stays valid in any spelling, and any one changed digit is noticed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringwall.text.detectors.checksums import base58check, bech32, digits_of, luhn, mod97
from ringwall.text.detectors.pii.uk_national_health_service_number import is_nhs_number
from ringwall.text.detectors.pii.us_bank_routing_number import is_routing_number

DIGITS = st.text("0123456789", min_size=7, max_size=18)


@given(DIGITS, st.integers(0, 18), st.integers(1, 9))
def test_luhn_has_one_check_digit_and_notices_one_changed_digit(body: str, place: int, by: int) -> None:
    valid = [body + digit for digit in "0123456789" if luhn(body + digit)]
    assert len(valid) <= 1
    for number in valid:
        place %= len(number)
        changed = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
        assert not luhn(changed)


@given(st.text("0123456789", min_size=10, max_size=24))
def test_mod_97_check_digits_are_found_by_the_rule_of_the_standard(account: str) -> None:
    check = 98 - mod97(account + "DE00")
    assert mod97(f"{account}DE{check:02d}") == 1


@given(st.text("0123456789 -.", max_size=30))
def test_digits_are_kept_and_nothing_else(text: str) -> None:
    assert digits_of(text) == "".join(c for c in text if c.isdigit())


@given(st.sampled_from(("943 476 5919", "4505577104")), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_no_nhs_number(number: str, place: int, by: int) -> None:
    digits = digits_of(number)
    assert is_nhs_number(digits)
    assert not is_nhs_number(digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :])


@given(st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_no_routing_number(place: int, by: int) -> None:
    digits = "021000021"
    assert is_routing_number(digits)
    assert not is_routing_number(digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :])


@given(st.text(max_size=60))
def test_address_checksums_take_any_text(text: str) -> None:
    assert isinstance(base58check(text), bool)
    assert isinstance(bech32(text), bool)
