"""Our own list of characters that people read as an ASCII letter or digit, the source of the character fold.

Written by looking at the glyphs, script by script; where a script has case pairs both members are listed under the same letter, so that
folding look-alikes before case and after it cannot disagree on them. Decomposable characters (accents, width, mathematical and circled
letters) are not listed: the generator takes those from the Unicode character database.
"""

from __future__ import annotations

import re
import unicodedata

# Cyrillic, Greek, Armenian, Georgian, Cherokee, Coptic, Lisu, Canadian syllabics, Deseret, Osage, Warang Citi and others, by what they
# look like.
LOOKALIKES: dict[str, str] = {
    "A": "АΑᎪꓮ𐊠Ꭺᗅ𖽀",
    "B": "ВΒᏴꓐᗷ𐊂𐌁Ᏼ",
    "C": "СϹᏟꓚⲤ𐊢𐌂ℂ",
    "D": "ᎠꓓᗞᗪԀÐ",
    "E": "ЕΕᎬꓰⴹ𐊆",
    "F": "ᖴꓝϜҒ𐊇𐊥",
    "G": "ԌᏀꓖᏳ",
    "H": "НΗᎻꓧᕼⲎҺҤҢ",
    "I": "ІΙӀⲒꓲ𐊊𐌉ⵏ",
    "J": "ЈᎫꓙᒍͿ",
    "K": "КΚᏦꓗⲔКҚҜԞ",
    "L": "ᏞꓡᒪⳐԼ",
    "M": "МΜᎷꓟⲘϺᗰ𐊰",
    "N": "ΝꓠⲚᏁ",
    "O": "ОΟՕꓳⲞ𐊒Ⴍ",
    "P": "РΡᏢꓑⲢᑭ",
    "Q": "ԚⵕႳ",
    "R": "ᎡꓣᏒᖇ",
    "S": "ЅՏᏚꓢႽ",
    "T": "ТΤᎢꓔⲦТҬ",
    "U": "ՍꓴᑌႮ",
    "V": "ѴᏙꓦᐯⴸ",
    "W": "ԜᎳꓪᏔ",
    "X": "ХΧꓫⲬҲ",
    "Y": "ΥУҮꓬⲨҰ",
    "Z": "ΖᏃꓜⲌ",
    "a": "аαɑ⍺ꭺ",
    "b": "вβᏏƅьЬҍЪъ",
    "c": "сϲⲥꮯ",
    "d": "ԁժꭰᏧð",
    "e": "еεҽєɛэ",
    "f": "ϝꬵքғ",
    "g": "ɡցԍᶃ",
    "h": "һհнꮋᏂ",
    "i": "іιıɩɪꙇⲓӏ𐑃",
    "j": "јϳȷ",
    "k": "кκⲕқҝԟ",
    "l": "ꓩǀ∣ן",
    "m": "мⅿꮇ",
    "n": "ոηпռ",
    "o": "оοօσⲟᴏᴑ๐໐ഠ௦੦০०૦ငօ",
    "p": "рρⲣƿ",
    "q": "ԛգզ",
    "r": "гⲅᴦꭇꮁ",
    "s": "ѕꮪƽꜱ",
    "t": "тτⲧ",
    "u": "υսꭎʋц",
    "v": "ѵνᴠ∨⋁",
    "w": "ԝաѡωɯшщ",
    "x": "хχ×⤫⤬⨯ⲭҳ",
    "y": "уγүყÿⲩұ",
    "z": "ᴢꮓⲍʒ",
    "0": "𐓂߀",
    "2": "ƧᒿꙄ",
    "3": "ЗзЭӠƷȜⳌꝪҘҙ",
    "4": "Ꮞ",
    "6": "Ꮾ",
    "8": "ȢȣঃՑ",
    "9": "Ⳋ",
}

# Punctuation that carries an encoding (morse dots and dashes, quotes, slashes) or that people swap freely.
PUNCTUATION: dict[str, str] = {
    ".": "·•∙⋅․‧⸱･。．｡◦●・᛫ꞏ٠۰",
    "-": "‐‑‒–—―−﹘⁃➖ー─━ｰ˗",
    "'": "‘’‚‛′ʹʻʼʽˈ`´＇",
    '"': "“”„‟″〝〞ˮ",
    "/": "⁄∕╱⧸／",
    "|": "│┃¦❘￨",
    ":": "։׃܃꞉ː∶",
    "*": "∗⁎✱＊٭",
    "<": "‹˂❮",
    ">": "›˃❯",
    "!": "ǃⵑ❗❕",
    "+": "᛭➕",
    "=": "᐀⹀゠",
    "~": "˜∼⁓〜",
    ",": "،٫¸؍",
    "_": "ˍ",
}

# Ligatures and letters that stand for two.
EXPANSIONS: dict[str, str] = {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ꜳ": "aa", "Ꜳ": "AA", "þ": "th", "Þ": "TH", "№": "No"}

_WITH = re.compile(r"LATIN (CAPITAL|SMALL) LETTER ([A-Z]) WITH ")
_PLAIN = re.compile(
    r"LATIN (CAPITAL|SMALL) LETTER "
    r"(?:REVERSED |TURNED |SCRIPT |OPEN |INSULAR |BLACKLETTER |LONG |DOTLESS |CLOSED |AFRICAN )?([A-Z])(?: .*)?$"
)
_SMALL_CAPITAL = re.compile(r"LATIN LETTER SMALL CAPITAL (?:REVERSED |TURNED |INVERTED )?([A-Z])(?: .*)?$")
_BOXED = re.compile(
    r"(?:(?:NEGATIVE )?(?:CIRCLED|SQUARED)|REGIONAL INDICATOR SYMBOL|PARENTHESIZED) (?:LATIN (CAPITAL|SMALL) )?LETTER ([A-Z])$"
)
_BOXED_DIGIT = re.compile(
    r"(?:DINGBAT )?(?:DOUBLE CIRCLED|NEGATIVE CIRCLED|CIRCLED SANS-SERIF|NEGATIVE CIRCLED SANS-SERIF|PARENTHESIZED|CIRCLED) "
    r"(?:DIGIT|NUMBER) (ZERO|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE|TEN)$"
)
_FULL_STOP_DIGIT = re.compile(r"(?:DIGIT|NUMBER) (ZERO|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE|TEN) (?:FULL STOP|COMMA)$")
_DIGITS = {
    word: str(value) for value, word in enumerate(["ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN"])
}


def named_letter(code_point: int) -> str | None:
    """Return the ASCII letter or digit that a character's own Unicode name calls it, or None."""
    name = unicodedata.name(chr(code_point), "")
    for pattern in (_WITH, _PLAIN):
        if match := pattern.match(name):
            return match[2] if match[1] == "CAPITAL" else match[2].lower()
    if match := _SMALL_CAPITAL.match(name):
        return match[1].lower()
    if match := _BOXED.match(name):
        return match[2].lower() if match[1] == "SMALL" else match[2]
    if match := _BOXED_DIGIT.match(name) or _FULL_STOP_DIGIT.match(name):
        return _DIGITS[match[1]]
    return None


def lookalike_map() -> dict[int, str]:
    """Return code point -> ASCII character for every listed look-alike; ASCII itself is never listed."""
    pairs = [(ord(c), target) for table in (PUNCTUATION, LOOKALIKES) for target, members in table.items() for c in members]
    return {code_point: target for code_point, target in pairs if code_point >= 0x80}
