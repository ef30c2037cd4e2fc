"""Every detector that ringwall ships, as visible lists."""

from __future__ import annotations

from ringwall.text.detectors.attacks import injection, jailbreak, leakage, role_tags
from ringwall.text.detectors.attacks.grammar import AttackRule
from ringwall.text.detectors.pii import (
    address,
    age,
    aws_access_key,
    aws_secret_key,
    ca_health_number,
    ca_social_insurance_number,
    credit_debit_card_cvv,
    credit_debit_card_expiry,
    credit_debit_card_number,
    crypto,
    date_time,
    driver_id,
    email,
    international_bank_account_number,
    ip_address,
    license_plate,
    mac_address,
    medical_license,
    name,
    password,
    phone,
    pin,
    swift_code,
    uk_national_health_service_number,
    uk_national_insurance_number,
    uk_unique_taxpayer_reference_number,
    url,
    us_bank_account_number,
    us_bank_routing_number,
    us_driver_license,
    us_individual_tax_identification_number,
    us_passport_number,
    us_social_security_number,
    username,
    vehicle_identification_number,
)
from ringwall.text.detectors.rule import Detector
from ringwall.text.detectors.secrets import (
    anthropic,
    assignment,
    aws_key,
    azure,
    connection_string,
    github,
    gitlab,
    google,
    huggingface,
    json_web_token,
    mail_services,
    openai,
    package_registries,
    private_key,
    slack,
    stripe,
    telegram,
    twilio,
)

AWS_PII: tuple[Detector, ...] = (
    address.DETECTOR,
    age.DETECTOR,
    aws_access_key.DETECTOR,
    aws_secret_key.DETECTOR,
    ca_health_number.DETECTOR,
    ca_social_insurance_number.DETECTOR,
    credit_debit_card_cvv.DETECTOR,
    credit_debit_card_expiry.DETECTOR,
    credit_debit_card_number.DETECTOR,
    driver_id.DETECTOR,
    email.DETECTOR,
    international_bank_account_number.DETECTOR,
    ip_address.DETECTOR,
    license_plate.DETECTOR,
    mac_address.DETECTOR,
    name.DETECTOR,
    password.DETECTOR,
    phone.DETECTOR,
    pin.DETECTOR,
    swift_code.DETECTOR,
    uk_national_health_service_number.DETECTOR,
    uk_national_insurance_number.DETECTOR,
    uk_unique_taxpayer_reference_number.DETECTOR,
    url.DETECTOR,
    username.DETECTOR,
    us_bank_account_number.DETECTOR,
    us_bank_routing_number.DETECTOR,
    us_individual_tax_identification_number.DETECTOR,
    us_passport_number.DETECTOR,
    us_social_security_number.DETECTOR,
    vehicle_identification_number.DETECTOR,
)
"""The 31 types of Amazon Bedrock's sensitive information filter."""

EXTRA_PII: tuple[Detector, ...] = (crypto.DETECTOR, date_time.DETECTOR, medical_license.DETECTOR, us_driver_license.DETECTOR)
"""Types that other products have and AWS has not; asked for by name."""

SECRETS: tuple[Detector, ...] = (
    anthropic.DETECTOR,
    assignment.DETECTOR,
    aws_key.DETECTOR,
    azure.DETECTOR,
    connection_string.DETECTOR,
    github.DETECTOR,
    gitlab.DETECTOR,
    google.DETECTOR,
    huggingface.DETECTOR,
    json_web_token.DETECTOR,
    mail_services.DETECTOR,
    openai.DETECTOR,
    package_registries.DETECTOR,
    private_key.DETECTOR,
    slack.DETECTOR,
    stripe.DETECTOR,
    telegram.DETECTOR,
    twilio.DETECTOR,
)

ATTACKS: tuple[AttackRule, ...] = (*jailbreak.RULES, *injection.RULES, *leakage.RULES)

ROLE_TAGS: Detector = role_tags.DETECTOR

AWS_PII_TYPES: tuple[str, ...] = tuple(detector.type for detector in AWS_PII)
EXTRA_PII_TYPES: tuple[str, ...] = tuple(detector.type for detector in EXTRA_PII)
RULE_BASED_TYPES: frozenset[str] = frozenset(detector.type for detector in AWS_PII if detector.basis == "rule-based")
"""Types for which rules are a start and not a measure of completeness: an answer that relies on them should say so."""

PII_BY_TYPE: dict[str, Detector] = {detector.type: detector for detector in (*AWS_PII, *EXTRA_PII)}
