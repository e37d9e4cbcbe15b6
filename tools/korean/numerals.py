"""Numbers in English and in Korean: what a translation may write as digits, and what as words."""

import re

# English words, and the numbers that they are.
ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
)
TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
VALUES = {
    **{word: number for number, word in enumerate(ONES)},
    **{word: 10 * number for number, word in enumerate(TENS, 3)},
    **{word: number for words in (ORDINALS, MONTHS) for number, word in enumerate(words, 1)},
    **{f"{word}th": number for number, word in enumerate(ONES) if number > 9},
    **dict.fromkeys(("no", "none", "nought", "nothing", "neither", "vanish", "vanishe", "die"), 0),
    **dict.fromkeys(("a", "an", "once", "single"), 1),
    **dict.fromkeys(("twice", "both", "half", "halve"), 2),
    **{"quarter": 4, "twelfth": 12, "decade": 10},
    **{"hundred": 100, "thousand": 1000, "million": 10**6, "hundredth": 100, "thousandth": 1000},
}
VALUES |= {f"{word[:-1]}ieth": VALUES[word] for word in ("twenty", *TENS)}
# Of these a part may be meant: a third, a fiftieth.
PARTS = {"half", "quarter", "hundredth", "thousandth", *ORDINALS[2:]}
PARTS |= {word for word in VALUES if word.endswith(("teenth", "ieth", "nth"))}
UNITS = {"million": 10**6, "billion": 10**9}

# Korean words and digits for an English number word, at the beginning of a Korean word, and
# syllables that mean it anywhere.
NUMERALS = {
    "two": ("2|두|둘|이(?=[차층])|양쪽|양방향", "둘|쌍|양"),
    "three": ("3|세(?!계|상|로|팅|트)|셋|석|삼", ""),
    "four": ("4|네(?!트)|넷|넉|사(?=[분차칙])", ""),
    "five": ("5|다섯|오(?=[분차])", ""),
    "six": ("6|여섯|육", ""),
    "seven": ("7|일곱|칠", ""),
    "eight": ("8|여덟|팔", ""),
    "nine": ("9|아홉|구", ""),
    "ten": ("10|열|십", ""),
    "eleven": ("11|열한|열하나", ""),
    "twelve": ("12|열두|열둘", ""),
    "fifteen": ("15|열다섯|십오", ""),
    "twenty": ("20|스무|스물|이십", ""),
    "thirty": ("30|서른|삼십", ""),
    "forty": ("40|마흔|사십", ""),
    "fifty": ("50|쉰|오십", ""),
    "sixty": ("60|예순|육십", ""),
    "hundred": ("백|천|만|억", "00|백"),
    "thousand": ("천|만|억", "000|천|만"),
    "million": ("백만|만|억", ",000,000"),
    "half": (r"1/2|0\.5|50", "절반|반"),
    "twice": ("두|2|갑절", "배|번"),
    "third": ("3|셋째|삼|세", ""),
}


def says(word, korean):
    """Return whether a Korean text has some numeral for an English number word."""
    begins, anywhere = NUMERALS[word]
    found = re.search(rf"(?<![가-힣])(?:{begins})", korean)
    return bool(found or (anywhere and re.search(anywhere, korean)))


def known_form(word):
    """Return a number word as VALUES has it: without a plural's s, or -fold."""
    return word if word in VALUES else word.removesuffix("s").removesuffix("fold")


def values_in(english):
    """Return the numbers that English words may stand for: also as fractions and percentages."""
    words = [known_form(word) for word in re.findall(r"[a-z]+", english.lower()) if word != "and"]
    values = [VALUES.get(word) for word in words]
    found = set()
    for word, value, following in zip(words, values, [*values, None][1:], strict=True):
        if value is None:
            continue
        found.add(value)
        if word in PARTS:
            found |= {1 / value, 100 / value}
        if following and following >= 100:  # two hundred, three thousandths
            found |= {value * following, value / following}
        if following and value >= 20 and following < value:  # twenty-five, two hundred and forty
            found |= {value + following, *(n + following for n in found if n >= 100)}
        if following:  # two thirds
            found |= {value / following, 100 * value / following}
    return found


def is_among(number, values):
    """Return whether a number in digits is one of these values, to half a per cent."""
    if number.count(".") > 1:
        return False  # a version
    value = float(number.replace(",", ""))
    return any(abs(value - other) <= 0.006 * abs(other) for other in values)


def in_myriads(number):
    """Return a large number as Korean counts it: 168 million is 1억 6,800만."""
    hundred_millions, rest = divmod(round(number), 10**8)
    parts = [f"{hundred_millions:,}억"] * bool(hundred_millions)
    return " ".join(parts + [f"{rest // 10**4:,}만"] * bool(rest // 10**4))
