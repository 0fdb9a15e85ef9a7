"""Which letters and signs count as the same: capital and small ones, full-width and ASCII ones.

A table of our own: `str.lower` follows the Unicode version of the engine (Python 3.11 and 3.13
differ already), makes two characters of `İ`, and looks at a sigma's neighbours.
"""

# Neither these ranges nor their small letters have changed since Unicode 5.1; a capital outside
# them stays as it is, and an accent makes none of it one of them (`composition.py`).
_CASED_RANGES = (
    (0x41, 0x5A),  # ASCII
    (0xC0, 0xDE),  # Latin-1
    (0x100, 0x17F),  # Latin Extended-A
    (0x1A0, 0x1BC),  # Vietnamese horns, ezh
    (0x1CD, 0x1DC),  # Pinyin
    (0x1E6, 0x1F5),  # Latin with caron and ogonek
    (0x1F8, 0x21F),
    (0x226, 0x233),
    (0x386, 0x3AB),  # Greek
    (0x400, 0x481),  # Cyrillic
    (0x48A, 0x4FF),
    (0x531, 0x556),  # Armenian
    (0x1E00, 0x1E95),  # Latin Extended Additional
    (0x1EA0, 0x1EF9),  # Vietnamese
    (0x1F08, 0x1FFC),  # Greek with breathings
)
_SMALL_LETTERS = {
    upper: "i" if upper == "İ" else upper.lower()
    for first, last in _CASED_RANGES
    for upper in map(chr, range(first, last + 1))
    if upper != upper.lower()
}
_TO_ASCII = 0xFEE0
_FULL_WIDTH = {
    # The accent is the apostrophe that the rules make of it, as each entry has its final sign.
    chr(code): "'" if code == 0xFF40 else chr(code - _TO_ASCII).lower()
    for code in range(0xFF01, 0xFF5F)
} | {"￠": "¢", "￡": "£", "￥": "¥", "￦": "₩"}

FOLDING: dict[str, str] = _SMALL_LETTERS | _FULL_WIDTH
"""One character → what counts as the same; `Σ` is always `σ`, `İ` is `i`, and `Ａ` is `a`."""
