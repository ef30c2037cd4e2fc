"""Each type of personal data: what is found, and what looks like it and is not."""

from __future__ import annotations

import pytest

from ringwall.text.detectors import AWS_PII_TYPES, EXTRA_PII_TYPES, DetectorConfig, compile_detectors

DETECTORS = compile_detectors(DetectorConfig(pii=AWS_PII_TYPES + EXTRA_PII_TYPES))

FOUND = {
    "ADDRESS": [
        ("he lives at 221B Baker Street, London", "221B Baker Street, London"),
        ("ship to 1600 Pennsylvania Ave, Washington, DC 20500 please", "1600 Pennsylvania Ave, Washington, DC 20500"),
        ("write to P.O. Box 1234 today", "P.O. Box 1234"),
        ("wohnt in der Lindenstraße 12, 10969 Berlin", "Lindenstraße 12, 10969 Berlin"),
        ("the office is SW1A 1AA", "SW1A 1AA"),
    ],
    "AGE": [
        ("the patient is 42 years old", "42 years old"),
        ("a 7-year-old girl", "7-year-old"),
        ("aged 91", "91"),
        ("I am 33.", "33"),
    ],
    "AWS_ACCESS_KEY": [("key AKIAIOSFODNN7EXAMPLE ok", "AKIAIOSFODNN7EXAMPLE")],
    "AWS_SECRET_KEY": [
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("it was 7qXz/mK4vB+t2Jd9LwQeR8uYcS1oHnPfG5iAk3Wb then", "7qXz/mK4vB+t2Jd9LwQeR8uYcS1oHnPfG5iAk3Wb"),
    ],
    "CA_HEALTH_NUMBER": [("card 9876-543-217", "9876-543-217"), ("OHIP number 1234567897", "1234567897")],
    "CA_SOCIAL_INSURANCE_NUMBER": [("SIN 130692544", "130692544"), ("his is 130-692-544", "130-692-544")],
    "CREDIT_DEBIT_CARD_CVV": [("CVV: 123", "123"), ("the security code is 9876", "9876"), ("cvc2 (321)", "321")],
    "CREDIT_DEBIT_CARD_EXPIRY": [("exp 09/27", "09/27"), ("valid thru: 1/2029", "1/2029"), ("expiry date is 12-28", "12-28")],
    "CREDIT_DEBIT_CARD_NUMBER": [
        ("visa 4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("4111-1111-1111-1111", "4111-1111-1111-1111"),
        ("mc 5555555555554444.", "5555555555554444"),
        ("amex 3782 822463 10005", "3782 822463 10005"),
        ("amex 378282246310005", "378282246310005"),
        ("discover 6011000990139424", "6011000990139424"),
        ("4111 1111 1111 1111 2029", "4111 1111 1111 1111"),
        ("maestro card number 630427373398", "630427373398"),
    ],
    "DRIVER_ID": [
        ("driver's license number D1234567", "D1234567"),
        ("MORGA657054SM9IJ", "MORGA657054SM9IJ"),
        ("driving licence: F255-9215-0094", "F255-9215-0094"),
    ],
    "EMAIL": [
        ("mail maria.gonzalez@example.com now", "maria.gonzalez@example.com"),
        ("to:a+b_c@sub.example.co.uk.", "a+b_c@sub.example.co.uk"),
        ("j0hn.5m17h@3x4mpl3.c0m", "j0hn.5m17h@3x4mpl3.c0m"),
        ("jörg@müller.de", "jörg@müller.de"),
    ],
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER": [
        ("DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
        ("IBAN DE89370400440532013000 bitte", "DE89370400440532013000"),
        ("GB29 NWBK 6016 1331 9268 19 and log in", "GB29 NWBK 6016 1331 9268 19"),
        ("de89370400440532013000", "de89370400440532013000"),
        ("D389370400440532013000", "D389370400440532013000"),
        ("3591 2100 0418 4502 0005 1332", "3591 2100 0418 4502 0005 1332"),
        ("in 2024 DE89370400440532013000", "DE89370400440532013000"),
    ],
    "IP_ADDRESS": [
        ("from 203.0.113.7 only", "203.0.113.7"),
        ("at 192.168.10.24.", "192.168.10.24"),
        ("2001:db8::8a2e:370:7334", "2001:db8::8a2e:370:7334"),
        ("fe80::1", "fe80::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
    ],
    "LICENSE_PLATE": [("license plate 7ABC123", "7ABC123"), ("number plate is AB12 CDE", "AB12 CDE")],
    "MAC_ADDRESS": [
        ("00:1A:2b:3c:4D:5e", "00:1A:2b:3c:4D:5e"),
        ("00-1a-2b-3c-4d-5e", "00-1a-2b-3c-4d-5e"),
        ("001a.2b3c.4d5e", "001a.2b3c.4d5e"),
    ],
    "NAME": [
        ("my name is Maria Gonzalez and", "Maria Gonzalez"),
        ("ask Dr. Wuhengeri tomorrow", "Wuhengeri"),
        ("met John Smith in Berlin", "John Smith"),
        ("John Smith's desk", "John Smith"),
        ("Ludwig van Beethoven", "Ludwig van Beethoven"),
    ],
    "PASSWORD": [
        ("password: hunter2", "hunter2"),
        ("my password is Tr0ub4dor&3.", "Tr0ub4dor&3"),
        ('pwd="correct horse"', "correct horse"),
    ],
    "PHONE": [
        ("call (415) 555-0132 now", "(415) 555-0132"),
        ("415-555-0132", "415-555-0132"),
        ("+1 415 555 0132", "+1 415 555 0132"),
        ("+44 20 7946 0958", "+44 20 7946 0958"),
        ("+49 (0)30 123456", "+49 (0)30 123456"),
        ("phone: 4155550132", "4155550132"),
    ],
    "PIN": [("PIN: 4321", "4321"), ("my pin code is 987654", "987654")],
    "SWIFT_CODE": [("SWIFT code: DEUTDEFF", "DEUTDEFF"), ("via DEUTDEFF500 please", "DEUTDEFF500")],
    "UK_NATIONAL_HEALTH_SERVICE_NUMBER": [("943 476 5919", "943 476 5919"), ("NHS number: 9434765919", "9434765919")],
    "UK_NATIONAL_INSURANCE_NUMBER": [
        ("AB 12 34 56 C", "AB 12 34 56 C"),
        ("AB123456C", "AB123456C"),
        ("national insurance no: ab123456c", "ab123456c"),
    ],
    "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER": [("UTR: 1955839661", "1955839661"), ("unique taxpayer reference 19558 39661", "19558 39661")],
    "URL": [
        ("see https://intranet.example.org/case/7?x=1, then", "https://intranet.example.org/case/7?x=1"),
        ("www.example.com/a_(b)", "www.example.com/a_(b)"),
        ("visit example.org.", "example.org"),
        ("(ftp://files.example.net)", "ftp://files.example.net"),
    ],
    "USERNAME": [("username: mgonzalez", "mgonzalez"), ("login is mg_77", "mg_77")],
    "US_BANK_ACCOUNT_NUMBER": [("account number 123456789012", "123456789012"), ("checking acct #: 00123-45678", "00123-45678")],
    "US_BANK_ROUTING_NUMBER": [("routing number: 021000021", "021000021"), ("ABA 0210-0002-1", "0210-0002-1")],
    "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER": [("912-70-1234", "912-70-1234"), ("ITIN 912701234", "912701234")],
    "US_PASSPORT_NUMBER": [("passport number 548890123", "548890123"), ("passport: A12345678", "A12345678")],
    "US_SOCIAL_SECURITY_NUMBER": [("536-90-4399", "536-90-4399"), ("SSN 536904399", "536904399"), ("536 90 4399", "536 90 4399")],
    "VEHICLE_IDENTIFICATION_NUMBER": [("1HGCM82633A004352", "1HGCM82633A004352"), ("VIN: WVWZZZ1JZXW000001", "WVWZZZ1JZXW000001")],
    "CRYPTO": [
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
        ("0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe", "0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe"),
    ],
    "DATE_TIME": [
        ("on 2024-02-29 at", "2024-02-29"),
        ("12/31/2023", "12/31/2023"),
        ("March 12th, 2015", "March 12th, 2015"),
        ("at 5:30 pm", "5:30 pm"),
    ],
    "MEDICAL_LICENSE": [("DEA AB1234563", "AB1234563")],
    "US_DRIVER_LICENSE": [("driver license: A1234567", "A1234567")],
}

REFUSED = {
    "ADDRESS": ["in 2024 the street was quiet", "chapter 12 Way", "QQ1 1AA"],
    "AGE": ["a 300 years old oak", "the page 42", "aged cheese"],
    "AWS_ACCESS_KEY": ["AKIAIOSFODNN7EXAMPL", "xAKIAIOSFODNN7EXAMPLE", "akiaiosfodnn7example"],
    "AWS_SECRET_KEY": ["da39a3ee5e6b4b0d3255bfef95601890afd80709", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
    "CA_HEALTH_NUMBER": ["9876-543-219", "OHIP 1234567896"],
    "CA_SOCIAL_INSURANCE_NUMBER": ["SIN 130692545", "830-692-544", "0130-692-544"],
    "CREDIT_DEBIT_CARD_CVV": ["page 123", "CVV: 12", "CVV: 12345"],
    "CREDIT_DEBIT_CARD_EXPIRY": ["09/27", "expires 13/27", "experience 10/12"],
    "CREDIT_DEBIT_CARD_NUMBER": [
        "4111 1111 1111 1112",
        "14111111111111111",
        "41111111111111111",
        "4111 1111 1111",
        "1111 1111 1111 1111",
        "9111111111111111",
        "account 630427373398",
        "12.4111111111111111.5",
    ],
    "DRIVER_ID": ["driver's license renewal", "driving licence in 2024"],
    "EMAIL": ["maria at example.com", "@example.com", "root@192.168.1.10", "a@b", "look @ this.thing"],
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER": [
        "DE89370400440532013001",
        "DE8937040044053201300",
        "DE893704004405320130000",
        "XX89370400440532013000",
        "4111 1111 1111 1111",
    ],
    "IP_ADDRESS": ["1.2.3", "256.1.1.1", "1.2.3.4.5", "01.2.3.4", "12:30:45", "std::abc", "abc::def", "00:1A:2b:3c:4D:5e"],
    "LICENSE_PLATE": ["license plate holder", "plate 12"],
    "MAC_ADDRESS": ["00:1A:2b:3c:4D", "00:1A:2b:3c:4D:5e:6f", "00-1A:2b-3c:4D-5e"],
    "NAME": ["my name is on the list", "called FILE", "the Red House", "my friend is a good cook"],
    "PASSWORD": ["the password is required", "password: getpass()", "reset your password"],
    "PHONE": ["4155550132", "1415-555-01321", "115-555-0132", "2024-11-22", "+12"],
    "PIN": ["pin 123", "spin 1234", "pinned 4321"],
    "SWIFT_CODE": ["DOCUMENT", "ABCDXX33", "deutdeff"],
    "UK_NATIONAL_HEALTH_SERVICE_NUMBER": ["943 476 5918", "111 111 1111", "943-476-5919"],
    "UK_NATIONAL_INSURANCE_NUMBER": ["GB123456C", "AB12345C", "AB123456E", "ab123456c"],
    "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER": ["1955839661", "UTR 2955839661"],
    "URL": ["e.g. this", "logging.info", "maria@example.com", "a.b.c"],
    "USERNAME": ["username is required", "user: 5"],
    "US_BANK_ACCOUNT_NUMBER": ["123456789012", "account 12345", "account number 111111111111"],
    "US_BANK_ROUTING_NUMBER": ["routing number 021000022", "021000021", "routing 991000021"],
    "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER": ["912-66-1234", "812-70-1234", "912-93-1234"],
    "US_PASSPORT_NUMBER": ["548890123", "passport 1234567", "passport 111111111"],
    "US_SOCIAL_SECURITY_NUMBER": [
        "000-12-3456",
        "666-12-3456",
        "900-12-3456",
        "536-00-4399",
        "536-90-0000",
        "536-90-4399-1",
        "1536-90-4399",
        "536904399",
    ],
    "VEHICLE_IDENTIFICATION_NUMBER": ["1HGCM82633A004353", "1HGCM82633A00435", "11111111111111111", "VIN: IOQIOQIOQIOQIOQIO"],
    "CRYPTO": [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdx",
        "0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BA",
    ],
    "DATE_TIME": ["2024-13-01", "31:99", "May we go", "version 1.2"],
    "MEDICAL_LICENSE": ["AB1234564", "1B1234563"],
    "US_DRIVER_LICENSE": ["driver license plate", "A1234567"],
}


def found(type_: str, text: str) -> list[str]:
    return [finding.match for finding in DETECTORS.scan(text, readings="raw").findings if finding.type == type_]


@pytest.mark.parametrize(("type_", "text", "match"), [(t, text, match) for t, cases in FOUND.items() for text, match in cases])
def test_what_is_there_is_found_with_its_exact_span(type_: str, text: str, match: str) -> None:
    assert match in found(type_, text)


@pytest.mark.parametrize(("type_", "text"), [(t, text) for t, cases in REFUSED.items() for text in cases])
def test_what_only_looks_like_it_is_left_alone(type_: str, text: str) -> None:
    assert found(type_, text) == []


def test_every_type_has_cases_of_both_kinds() -> None:
    assert set(FOUND) == set(REFUSED) == set(AWS_PII_TYPES + EXTRA_PII_TYPES)
    assert len(AWS_PII_TYPES) == 31
