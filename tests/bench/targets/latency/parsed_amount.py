import decimal
import re


def parsed_amount(text):
    if text[:1].isdigit():
        whole, _, cents = text.partition(".")
        return int(whole) * 100 + int(cents)
    number = re.sub(r"^[^0-9]+", "", text)
    return int(decimal.Decimal(number) * 100)
