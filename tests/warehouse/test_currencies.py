"""Minor units: as many digits as the currency has, and exact."""

from warehouse.currencies import amount_text, minor_digits


def test_digits_are_those_of_iso_4217() -> None:
    assert [minor_digits(code) for code in ("USD", "eur", "JPY", "KWD", "CLF", "ZZZ")] == [2, 2, 0, 3, 4, 2]


def test_amounts_are_exact_beyond_what_a_float_holds() -> None:
    assert amount_text(9_007_199_254_740_993, "USD") == "90,071,992,547,409.93"
    assert amount_text(-5, "USD") == "−0.05"
    assert amount_text(0, "USD", signed=True) == "0.00"
    assert amount_text(-1_234, "JPY") == "−1,234"
