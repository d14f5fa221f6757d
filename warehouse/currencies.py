"""How many digits the minor unit of a currency stands behind its major one: cents of a dollar, whole yen."""

# ISO 4217. Every other currency has two.
DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def minor_digits(currency: str) -> int:
    """The digits of its minor unit: 2 for USD, 0 for JPY, 3 for KWD; 2 for what ISO 4217 does not list.

    >>> [minor_digits(code) for code in ("USD", "JPY", "KWD")]
    [2, 0, 3]
    """
    return DIGITS.get(currency.upper(), 2)


def amount_text(minor: int, currency: str, *, signed: bool = False) -> str:
    """Minor units as a person writes them, exact, without the currency; `signed` puts a plus before what is above 0.

    >>> amount_text(-123456, "USD"), amount_text(500, "JPY", signed=True), amount_text(5, "KWD")
    ('−1,234.56', '+500', '0.005')
    """
    digits = minor_digits(currency)
    whole, part = divmod(abs(int(minor)), 10**digits)
    sign = "−" if minor < 0 else "+" if signed and minor > 0 else ""
    return f"{sign}{whole:,}" + (f".{part:0{digits}d}" if digits else "")
