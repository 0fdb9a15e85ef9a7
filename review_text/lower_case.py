"""Lower-casing by a table of our own.

`str.lower` follows the Unicode version of the engine (Python 3.11 and 3.13 differ already), makes
two characters of `İ`, and looks at a sigma's neighbours.
"""

# These ranges have not changed since Unicode 3.0; a capital outside them stays as it is.
_CASED_RANGES = (
    (0x41, 0x5A),  # ASCII
    (0xC0, 0xDE),  # Latin-1
    (0x100, 0x17F),  # Latin Extended-A
    (0x386, 0x3AB),  # Greek
    (0x400, 0x42F),  # Cyrillic
)
LOWER_CASE: dict[str, str] = {
    upper: "i" if upper == "İ" else upper.lower()
    for first, last in _CASED_RANGES
    for upper in map(chr, range(first, last + 1))
    if upper != upper.lower()
}
"""Capital → small letter, one character each; `Σ` is always `σ`, and `İ` is `i`."""
